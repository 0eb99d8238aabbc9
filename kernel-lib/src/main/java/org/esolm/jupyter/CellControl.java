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

  /** The value that the last {@code JShell.varValue} call asked for. */
  Object value() {
    return value;
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
