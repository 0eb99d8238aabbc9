package org.esolm.jupyter;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import jdk.jshell.execution.LocalExecutionControl;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;

/**
 * Runs snippets in this virtual machine. The JDK's control weaves a stop check into every method
 * and backward branch of a cell, which makes an interrupt end even {@code while (true)}; this one
 * also hands out the value of a variable as an object, where JShell knows only its text.
 */
final class CellControl extends LocalExecutionControl {
  private static final String GROUP = "JShell process local execution";
  private static final String LIBRARY = "org.esolm.";
  private static final String OWN = CellControl.class.getName();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Runs in a thread that the JDK's control starts, which calls a static method. */
  private record Call(MethodHandle code, CellControl control) {}

  private static final ThreadLocal<Call> CALL = new InheritableThreadLocal<>();

  private final Headroom headroom;
  private final Method guarded;
  private Object value;
  private volatile boolean stopped;
  private volatile boolean exhausted;

  CellControl(Headroom headroom) {
    this.headroom = headroom;
    try {
      guarded = CellControl.class.getDeclaredMethod("call");
      guarded.setAccessible(true);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The value that the last {@code JShell.varValue} call asked for. */
  Object value() {
    return value;
  }

  /** Ends what runs, and lets nothing else run until {@link #begin}. Returns at once. */
  void interrupt() {
    stopped = true;
    Thread.ofPlatform().daemon().name("interrupt").start(this::end);
  }

  /**
   * The library's long loops hear an interrupt between two of their steps, and save what they have,
   * be it by a function of the cell. So the cell's own code is stopped only when no library call is
   * under way, or when one does not come to an end.
   */
  private void end() {
    long latest = System.nanoTime() + PATIENCE.toNanos();
    Optional<Thread> told = Optional.empty();
    try {
      while (stopped && System.nanoTime() < latest) {
        Optional<Thread> busy = inLibrary();
        if (busy.isEmpty()) {
          break;
        }
        if (!busy.equals(told)) {
          busy.get().interrupt();
          told = busy;
        }
        Thread.sleep(20);
      }
      if (stopped) {
        stop();
      }
    } catch (InterruptedException | EngineTerminationException | InternalException e) {
      throw new IllegalStateException("the cell cannot be stopped", e);
    }
  }

  /** The thread that runs a snippet, if it is inside a call of the library. */
  private static Optional<Thread> inLibrary() {
    for (Map.Entry<Thread, StackTraceElement[]> entry : Thread.getAllStackTraces().entrySet()) {
      ThreadGroup group = entry.getKey().getThreadGroup();
      if (group != null && group.getName().equals(GROUP)) {
        List<String> classes =
            Stream.of(entry.getValue()).map(StackTraceElement::getClassName).toList();
        if (classes.stream().anyMatch(c -> c.startsWith("jdk.jshell.execution."))
            && classes.stream().anyMatch(c -> c.startsWith(LIBRARY) && !c.equals(OWN))) {
          return Optional.of(entry.getKey());
        }
      }
    }
    return Optional.empty();
  }

  @Override
  protected String invoke(Method code) throws Exception {
    headroom.take();
    CALL.set(new Call(MethodHandles.publicLookup().unreflect(code), this));
    try {
      return super.invoke(guarded);
    } finally {
      CALL.remove();
    }
  }

  /**
   * Runs a snippet. The thread in which memory runs out gives the kernel its own at once: later it
   * could not even say what has happened.
   */
  private static Object call() throws Throwable {
    Call call = CALL.get();
    CALL.remove(); // not for threads that the cell starts
    try {
      return call.code.invoke();
    } catch (OutOfMemoryError e) {
      call.control.giveMemory();
      throw e;
    }
  }

  private void giveMemory() {
    headroom.release();
    exhausted = true;
  }

  /** Ends what runs, as memory is so short that it would not end of itself. */
  void exhaust() {
    giveMemory();
    try {
      stop();
    } catch (EngineTerminationException | InternalException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether the cell has come to the end of memory, which JShell may have had none to tell. */
  boolean exhausted() {
    return exhausted;
  }

  void begin() {
    stopped = false;
    exhausted = false;
  }

  boolean interrupted() {
    return stopped;
  }

  /** An interrupt that comes while the next snippet is compiled must not be lost. */
  @Override
  protected void clientCodeEnter() {
    super.clientCodeEnter();
    if (stopped) {
      try {
        stop();
      } catch (EngineTerminationException | InternalException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public String varValue(String className, String varName) throws InternalException {
    try {
      Field field = findClass(className).getDeclaredField(varName);
      field.setAccessible(true);
      value = field.get(null);
      return "";
    } catch (ReflectiveOperationException e) {
      throw new InternalException(e.toString());
    }
  }

  ExecutionControlProvider provider() {
    return new ExecutionControlProvider() {
      @Override
      public String name() {
        return "cell";
      }

      @Override
      public ExecutionControl generate(ExecutionEnv env, Map<String, String> parameters) {
        return CellControl.this;
      }
    };
  }
}
