package org.esolm.jupyter;

import io.github.spencerpark.jupyter.channels.JupyterConnection;
import io.github.spencerpark.jupyter.channels.Loop;
import io.github.spencerpark.jupyter.channels.ShellChannel;
import io.github.spencerpark.jupyter.channels.ShellReplyEnvironment;
import io.github.spencerpark.jupyter.kernel.KernelConnectionProperties;
import io.github.spencerpark.jupyter.messages.MessageContext;
import io.github.spencerpark.jupyter.messages.MessageType;
import io.github.spencerpark.jupyter.messages.reply.ErrorReply;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.function.Supplier;

/**
 * The connection to Jupyter. Puts the report on a failed cell into the reply as well, where the
 * base library has only the frames of its exception: programs that execute notebooks show nothing
 * else.
 */
final class KernelConnection extends JupyterConnection {
  private static final long RETRY_MILLIS = 50;

  private final Supplier<List<String>> report;

  KernelConnection(KernelConnectionProperties properties, Supplier<List<String>> report)
      throws GeneralSecurityException {
    super(properties);
    this.report = report;
  }

  /**
   * Lets the threads that serve the channels, once they run, go on after memory or stack ran out in
   * one of them, where they would end, and the kernel with them.
   */
  void survive(Headroom headroom) {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread instanceof Loop loop) {
        loop.onError(
            failure -> { // no switch: to link one takes memory
              if (failure instanceof VirtualMachineError) {
                headroom.release();
                return RETRY_MILLIS;
              }
              if (failure instanceof Error e) {
                throw e;
              }
              throw (RuntimeException) failure;
            });
      }
    }
  }

  @Override
  public ShellReplyEnvironment prepareReplyEnv(ShellChannel channel, MessageContext context) {
    return new ShellReplyEnvironment(channel, stdin, iopub, context) {
      @Override
      public void replyError(MessageType<?> type, ErrorReply error) {
        error.getStacktrace().addAll(report.get());
        super.replyError(type, error);
      }
    };
  }
}
