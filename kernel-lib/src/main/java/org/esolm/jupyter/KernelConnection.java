package org.esolm.jupyter;

import io.github.spencerpark.jupyter.channels.JupyterConnection;
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
 * Puts the report on a failed cell into the reply as well, where the base library has only the
 * frames of its exception: programs that execute notebooks show nothing else.
 */
final class KernelConnection extends JupyterConnection {
  private final Supplier<List<String>> report;

  KernelConnection(KernelConnectionProperties properties, Supplier<List<String>> report)
      throws GeneralSecurityException {
    super(properties);
    this.report = report;
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
