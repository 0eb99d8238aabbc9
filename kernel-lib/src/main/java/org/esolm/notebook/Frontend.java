package org.esolm.notebook;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The Java kernel that this process is, reached by name. JJava, IJava and the project's own kernel
 * share one interface; Rapaio's differs a little.
 */
final class Frontend {
  private static final String IJAVA_DATA =
      "io.github.spencerpark.jupyter.kernel.display.DisplayData";

  private final Object kernel;
  private final Class<?> dataType;
  private final boolean rapaio;

  private Frontend(Object kernel, String dataType, boolean rapaio)
      throws ReflectiveOperationException {
    this.kernel = kernel;
    this.dataType = Class.forName(dataType);
    this.rapaio = rapaio;
  }

  /** The running kernel, empty outside a notebook. */
  static Optional<Frontend> find() {
    return Stream.<Supplier<Optional<Frontend>>>of(
            () ->
                running(
                    "org.dflib.jjava.jupyter.kernel.BaseKernel",
                    "notebookKernel",
                    "org.dflib.jjava.jupyter.kernel.display.DisplayData"),
            () -> running("io.github.spencerpark.ijava.IJava", "getKernelInstance", IJAVA_DATA),
            () -> running("org.esolm.jupyter.JavaKernel", "current", IJAVA_DATA),
            Frontend::rapaio)
        .map(Supplier::get)
        .flatMap(Optional::stream)
        .findFirst();
  }

  /** Data that the kernel shows as it is when it is the value of a cell. */
  Object value(Display display) {
    String text = display.toString();
    Object data =
        check(
            () ->
                rapaio
                    ? dataType.getMethod("fromText", String.class).invoke(null, text)
                    : dataType.getConstructor(String.class).newInstance(text));
    display.data().forEach((mime, content) -> put(data, mime, content));
    return data;
  }

  /** Shows something now and returns the id by which it is updated. */
  String display(Display display) {
    String id = UUID.randomUUID().toString();
    call(kernel, "display", identified(display, id));
    return id;
  }

  void update(String id, Display display) {
    Object data = identified(display, id);
    if (rapaio) {
      call(kernel, "updateDisplay", data);
    } else {
      Object io = check(() -> kernel.getClass().getMethod("getIO").invoke(kernel));
      call(check(() -> io.getClass().getField("display").get(io)), "updateDisplay", data);
    }
  }

  private Object identified(Display display, String id) {
    Object data = value(display);
    return check(
        () -> {
          dataType.getMethod("setDisplayId", String.class).invoke(data, id);
          return data;
        });
  }

  private void put(Object data, String mime, String content) {
    check(
        () ->
            dataType.getMethod("putData", String.class, Object.class).invoke(data, mime, content));
  }

  private void call(Object target, String method, Object data) {
    check(() -> target.getClass().getMethod(method, dataType).invoke(target, data));
  }

  private static Optional<Frontend> running(String type, String accessor, String dataType) {
    try {
      Object kernel = Class.forName(type).getMethod(accessor).invoke(null);
      return kernel == null ? Optional.empty() : Optional.of(new Frontend(kernel, dataType, false));
    } catch (ReflectiveOperationException | LinkageError e) {
      return Optional.empty();
    }
  }

  private static Optional<Frontend> rapaio() {
    // Its main class starts a kernel when it is loaded, so look at what was started first.
    if (!System.getProperty("sun.java.command", "").contains("rapaio")) {
      return Optional.empty();
    }
    try {
      Object kernel =
          Class.forName("org.rapaio.jupyter.kernel.MainApp").getField("kernel").get(null);
      return Optional.of(
          new Frontend(kernel, "org.rapaio.jupyter.kernel.display.DisplayData", true));
    } catch (ReflectiveOperationException | LinkageError e) {
      return Optional.empty();
    }
  }

  private interface Reflection {
    Object run() throws ReflectiveOperationException;
  }

  private static Object check(Reflection reflection) {
    try {
      return reflection.run();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this kernel's display does not work as expected: " + e, e);
    }
  }
}
