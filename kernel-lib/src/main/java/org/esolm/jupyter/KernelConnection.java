package org.esolm.jupyter;

import io.github.spencerpark.jupyter.channels.JupyterConnection;
import io.github.spencerpark.jupyter.channels.Loop;
import io.github.spencerpark.jupyter.channels.ShellChannel;
import io.github.spencerpark.jupyter.channels.ShellReplyEnvironment;
import io.github.spencerpark.jupyter.kernel.KernelConnectionProperties;
import io.github.spencerpark.jupyter.messages.Message;
import io.github.spencerpark.jupyter.messages.MessageContext;
import io.github.spencerpark.jupyter.messages.MessageType;
import io.github.spencerpark.jupyter.messages.reply.ErrorReply;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The connection to Jupyter. Puts the report on a failed cell into the reply as well, where the
 * base library has only the frames of its exception: programs that execute notebooks show nothing
 * else. Keeps the sockets from what happens to the threads of cells.
 */
final class KernelConnection extends JupyterConnection {
  private static final long RETRY_MILLIS = 50;

  private final Supplier<List<String>> report;

  /**
   * Sends what cells show and print. A thread that is interrupted while it uses a socket loses the
   * message, the interrupt, and perhaps the socket: it must not be the cell's own.
   */
  private final ExecutorService publisher =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("publisher").factory());

  KernelConnection(KernelConnectionProperties properties, Supplier<List<String>> report)
      throws GeneralSecurityException {
    super(properties);
    this.report = report;
  }

  /**
   * Lets the threads that serve the channels, once they run, go on after a failure, most likely of
   * memory, where they would end, and the kernel with them. One that closes ends all the same.
   */
  void survive(Headroom headroom) {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread instanceof Loop loop) {
        loop.onError(
            failure -> { // of any kind: a lack of memory may look like a missing class
              headroom.releaseBetweenCells();
              return RETRY_MILLIS;
            });
      }
    }
  }

  /** Waits to the end; an interrupt that comes meanwhile is kept. */
  private static void await(Future<?> sent) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          sent.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (OutOfMemoryError e) { // of waiting; it is sent all the same
          LockSupport.parkNanos(RETRY_MILLIS * 1_000_000);
        } catch (ExecutionException e) {
          if (e.getCause() instanceof Error error) {
            throw error;
          }
          throw new IllegalStateException("could not be sent to the notebook", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
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

      @Override
      public void publish(Message<?> message) {
        await(publisher.submit(() -> super.publish(message)));
      }
    };
  }
}
