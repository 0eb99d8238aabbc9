package org.esolm.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.spencerpark.jupyter.kernel.display.DisplayData;
import io.github.spencerpark.jupyter.kernel.display.mime.MIMEType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
public class JavaKernelTest {
  private static JavaKernel kernel;

  /** Cells tell the test that they run. */
  public static CountDownLatch running = new CountDownLatch(1);

  @BeforeAll
  static void start() {
    kernel = new JavaKernel();
  }

  @AfterAll
  static void stop() {
    kernel.close();
  }

  private static String value(String cell) throws CellException {
    DisplayData data = kernel.eval(cell);
    return data == null ? null : (String) data.getData(MIMEType.TEXT_PLAIN);
  }

  private static CellException failure(String cell) {
    return catchThrowableOfType(CellException.class, () -> kernel.eval(cell));
  }

  @Test
  void shows_the_value_of_a_trailing_expression() throws CellException {
    assertThat(value("int a = 20;\nint b = a + 1;\n\n// twice\n2 * b")).isEqualTo("42");
    assertThat(value("b")).isEqualTo("21");
    assertThat(value("b = 5")).isEqualTo("5");
    assertThat(value("List.of(1, 2)")).isEqualTo("[1, 2]");
    assertThat(value("\"text\"")).isEqualTo("text");
    assertThat(value("new float[][] {{1, 2}, {3, 4}}"))
        .isEqualTo("float[2][] {float[2] {1.0, 2.0}, float[2] {3.0, 4.0}}");
  }

  @Test
  void shows_nothing_after_a_declaration_a_statement_or_a_void_call() throws CellException {
    assertThat(value("int c = 3;")).isNull();
    assertThat(value("for (int i = 0; i < 3; i++) {}")).isNull();
    assertThat(value("Thread.yield();")).isNull();
    assertThat(value("  \n// only a comment")).isNull();
    assertThat(value("(Object) null")).isNull();
  }

  @Test
  void a_private_record_of_a_cell_is_a_value_like_any_other() throws CellException {
    assertThat(value("private record Point(int x) {}\nnew Point(4)")).isEqualTo("Point[x=4]");
  }

  @Test
  void a_displayable_value_keeps_all_its_representations() throws CellException {
    DisplayData data = kernel.eval("Display.html(\"<b>bold</b>\", \"plain\")");

    assertThat(data.getData(MIMEType.TEXT_HTML)).isEqualTo("<b>bold</b>");
    assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo("plain");
  }

  @Test
  void declarations_of_a_cell_may_refer_to_later_ones() throws CellException {
    assertThat(
            value(
                "int even(int n) { return n == 0 ? 1 : odd(n - 1); }\n"
                    + "int odd(int n) { return n == 0 ? 0 : even(n - 1); }\neven(10)"))
        .isEqualTo("1");
  }

  @Test
  void a_compilation_error_shows_the_offending_source() {
    CellException e = failure("int ok = 1;\n\nint wrong = ok +\n    missing;");

    assertThat(e).hasMessage("Compilation error: In [0], line 4: cannot find symbol");
    assertThat(e.report())
        .startsWith("In [0], line 4: cannot find symbol", "        missing;", "        ^^^^^^^")
        .anyMatch(line -> line.contains("variable missing"));
  }

  @Test
  void incomplete_code_is_a_compilation_error() {
    assertThat(failure("int half(int n) {")).hasMessageStartingWith("Compilation error: ");
  }

  @Test
  void an_exception_shows_its_causes_and_the_lines_of_the_cell() {
    CellException e =
        failure(
            """
            // a comment
            void fail() {
              throw new IllegalStateException("outer", new java.io.IOException("inner"));
            }

            fail();""");

    assertThat(e).hasMessage("java.lang.IllegalStateException: outer (In [0], line 3)");
    assertThat(e.report())
        .containsExactly(
            "java.lang.IllegalStateException: outer",
            "    at In [0], line 3, fail",
            "    at In [0], line 6",
            "Caused by: java.io.IOException: inner",
            "    at In [0], line 3, fail",
            "    at In [0], line 6");
  }

  @Test
  void snippets_after_a_failing_one_do_not_run() throws CellException {
    value("int reached = 0;");
    assertThat(failure("reached = 1; Integer.parseInt(\"x\"); reached = 2;"))
        .hasMessageContaining("NumberFormatException");
    assertThat(value("reached")).isEqualTo("1");
  }

  @Test
  void a_method_that_needs_something_missing_says_what() {
    assertThat(failure("int incomplete() { return notThere(); }\nincomplete()"))
        .hasMessageStartingWith("incomplete cannot be used: it needs method notThere()");
  }

  @Test
  void a_class_that_needs_something_missing_is_reported_at_once() throws CellException {
    PrintStream console = System.err;
    var printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed));
    try {
      value("class Half { Other other; }");
      value("class First { Second second; }\nclass Second {}");
    } finally {
      System.setErr(console);
    }
    assertThat(printed.toString().lines())
        .containsExactly("Half cannot be used until there is class Other");
  }

  @Test
  void errors_of_the_virtual_machine_end_the_cell_only() throws CellException {
    assertThat(failure("int deep(int n) { return 1 + deep(n); }\ndeep(1)"))
        .hasMessage("java.lang.StackOverflowError (In [0], line 1)");
    assertThat(value("1 + 1")).isEqualTo("2");
  }

  @Test
  void an_interrupt_ends_an_endless_loop() throws Exception {
    interrupt("long n = 0;\n{ RUNNING while (true) { n++; } }");
    assertThat(value("n > 0")).isEqualTo("true");
  }

  @Test
  void an_interrupt_cannot_be_caught() throws Exception {
    interrupt("{ RUNNING try { while (true) {} } catch (Throwable t) { while (true) {} } }");
  }

  @Test
  void an_interrupt_ends_a_wait_and_what_follows_does_not_run() throws Exception {
    interrupt("int after = 0;\n{ RUNNING Thread.sleep(60_000); }\nafter = 1;");
    assertThat(value("after")).isEqualTo("0");
    interrupt("{ RUNNING try { Thread.sleep(60_000); } catch (Exception e) {} }\nafter = 1;");
    assertThat(value("after")).isEqualTo("0");
  }

  @Test
  void an_interrupt_that_comes_before_the_code_runs_is_not_lost() throws Exception {
    interrupt("RUNNING long m = 0;\nclass Compiled {}\nwhile (true) { m++; }");
  }

  @Test
  void a_library_call_that_ends_itself_is_heard() throws Exception {
    String library = "org.esolm.jupyter.JavaKernelTest.untilInterrupted();";
    assertThat(interrupted("{ " + library + " }"))
        .hasMessage("Interrupted: stopped after a step, saved");
  }

  @Test
  void a_library_call_may_save_by_a_function_of_the_cell() throws Exception {
    String library = "org.esolm.jupyter.JavaKernelTest.untilInterrupted(save);";
    value("int saved = 0;\nRunnable save = () -> { for (int i = 0; i < 3; i++) saved++; };");
    assertThat(interrupted("{ " + library + " }")).hasMessageStartingWith("Interrupted: ");
    assertThat(value("saved")).isEqualTo("3");
  }

  public static void untilInterrupted() {
    untilInterrupted(() -> {});
  }

  /** As the library's long loops do. */
  public static void untilInterrupted(Runnable save) {
    running.countDown();
    while (!Thread.interrupted()) {
      Thread.onSpinWait();
    }
    save.run();
    throw new CancellationException("stopped after a step, saved");
  }

  private static void interrupt(String cell) throws Exception {
    assertThat(interrupted(cell)).hasMessage("Interrupted");
  }

  private static CellException interrupted(String cell) throws Exception {
    running = new CountDownLatch(1);
    String signal = "org.esolm.jupyter.JavaKernelTest.running.countDown();";
    var run = CompletableFuture.supplyAsync(() -> failure(cell.replace("RUNNING", signal)));
    if (!running.await(60, TimeUnit.SECONDS)) {
      throw new AssertionError("the cell did not start: " + run.getNow(null));
    }
    kernel.interrupt();
    return run.get(60, TimeUnit.SECONDS);
  }

  @Test
  void completes_members_and_names_of_the_same_cell() {
    var members = kernel.complete("\"text\".leng", 11);
    assertThat(members.getReplacements()).containsExactly("length()");
    assertThat(members.getSourceStart()).isEqualTo(7);

    String cell = "import java.math.BigInteger;\nint x = 1;\nOptionalInt.emp";
    var mixed = kernel.complete(cell, cell.length());
    assertThat(mixed.getReplacements()).containsExactly("empty()");
    assertThat(cell.substring(0, mixed.getSourceStart())).endsWith("OptionalInt.");
  }

  @Test
  void documents_the_method_under_the_cursor() {
    DisplayData help = kernel.inspect("\"text\".length()", 10, false);

    assertThat((String) help.getData(MIMEType.TEXT_PLAIN))
        .contains("int String.length()")
        .doesNotContain("{@");
    assertThat(kernel.inspect("   ", 1, false)).isNull();
  }

  @Test
  void documents_the_library_itself() {
    String type = "new HtmlTable";
    assertThat(text(kernel.inspect(type, type.length(), false)))
        .contains("HtmlTable(", "A table that reads well in HTML and as text");
    String method = "HtmlTable.of(";
    assertThat(text(kernel.inspect(method, method.length(), false)))
        .contains("HtmlTable HtmlTable.of(", "A table of records or maps", "param rows")
        .doesNotContain("{@code", "@param");
    String jdk = "\"text\".strip(";
    assertThat(text(kernel.inspect(jdk, jdk.length(), false))).contains("white space");
  }

  private static String text(DisplayData help) {
    return (String) help.getData(MIMEType.TEXT_PLAIN);
  }

  @Test
  void tells_complete_code_from_incomplete_and_invalid() {
    assertThat(kernel.isComplete("int x = 1;\nx + 1")).isEqualTo("complete");
    assertThat(kernel.isComplete("for (;;) {")).isBlank();
    assertThat(kernel.isComplete("int x = )")).isEqualTo("invalid");
  }

  @Test
  void cells_see_the_vector_api_and_the_library() throws CellException {
    assertThat(value("jdk.incubator.vector.FloatVector.SPECIES_256.length()")).isEqualTo("8");
    assertThat(value("Tensor.class.getName()")).isEqualTo("org.esolm.tensor.Tensor");
  }

  @Test
  void there_is_no_current_kernel_outside_a_notebook() {
    assertThat(JavaKernel.current()).isNull();
    assertThatThrownBy(() -> kernel.eval("throw new Error(\"x\");"))
        .hasMessage("java.lang.Error: x (In [0], line 1)");
  }
}
