package org.esolm.jupyter;

import java.lang.reflect.Field;
import java.util.Map;
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
  private Object value;
  private volatile boolean stopped;

  /** The value that the last {@code JShell.varValue} call asked for. */
  Object value() {
    return value;
  }

  /** From now on nothing runs until {@link #begin}. */
  void interrupt() throws EngineTerminationException, InternalException {
    stopped = true;
    stop();
  }

  void begin() {
    stopped = false;
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
