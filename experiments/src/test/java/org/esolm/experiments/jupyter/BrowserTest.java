package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.esolm.experiments.SmokeReproduction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * What a person sees: the notebook page in a real browser. Screenshots stay in {@code
 * target/screenshots}. Needs Chromium, its driver and the classic notebook page.
 */
@Tag("slow")
@Timeout(420)
class BrowserTest {
  private static final Path SCREENSHOTS = Path.of("target/screenshots");
  private static final String TOKEN = "browser";

  @TempDir Path temp;
  private ChromeDriver browser;
  private Process server;

  @BeforeEach
  void openBrowser() throws IOException {
    Optional<Path> chromium = onPath("chromium", "chromium-browser", "google-chrome");
    Optional<Path> driver = onPath("chromedriver");
    assumeTrue(
        chromium.isPresent() && driver.isPresent(),
        "no Chromium with its driver here: apt-get install chromium chromium-driver");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.get().toFile());
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--user-data-dir=" + temp.resolve("profile"));
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(driver.get().toFile()).build();
    browser = new ChromeDriver(service, options);
    browser.manage().window().setSize(new Dimension(1200, 1000));
    Files.createDirectories(SCREENSHOTS);
  }

  @AfterEach
  void closeAll() throws InterruptedException {
    if (browser != null) {
      browser.quit();
    }
    if (server != null) {
      server.descendants().forEach(ProcessHandle::destroy);
      server.destroy();
      server.waitFor();
    }
  }

  private static Optional<Path> onPath(String... programs) {
    return Stream.of(programs)
        .flatMap(
            program ->
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(folder -> Path.of(folder, program)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Test
  void the_first_notebook_runs_is_interrupted_and_runs_again() throws Exception {
    Jupyter jupyter = classicJupyter();
    Path reproduction = temp.resolve("reproduction");
    SmokeReproduction.copyTo(reproduction);
    forget(reproduction.resolve("runs/ar")); // something is left to train, and to watch
    Path original = Notebooks.of(jupyter.home()).find("01");
    Map<String, String> values = Map.of("profile", "smoke", "out", reproduction.toString());
    Path notebook = temp.resolve("notebooks/01.ipynb");
    Files.createDirectories(notebook.getParent());
    Files.writeString(notebook, NotebookFile.read(original).with(values).toJson());
    serve(jupyter, notebook.getParent());

    script("Jupyter.notebook.clear_all_output(); Jupyter.notebook.execute_all_cells()");
    Set<Long> seen = new LinkedHashSet<>();
    waitFor(
        "the progress bar moves",
        120,
        () -> {
          Object value =
              script(
                  "var p = document.querySelectorAll('.output progress');"
                      + " return p.length == 0 ? null : Math.round(p[0].value)");
          if (value != null) {
            seen.add((Long) value);
          }
          return seen.size() >= 3;
        });
    scrollTo(".output progress");
    screenshot("1-running");
    waitFor("all cells have run", 180, this::isDone);
    assertThat(script("return document.querySelectorAll('.output_error').length")).isEqualTo(0L);
    assertThat(List.copyOf(seen)).as("one bar, ever further").isSorted();
    assertThat(
            script(
                "var p = document.querySelectorAll('.output progress');"
                    + " return p.length > 0 && [...p].every(b => b.value == b.max)"))
        .as("every bar stands at its end")
        .isEqualTo(true);
    assertThat(plots()).as("plots of losses, of evaluations, of seconds").isGreaterThanOrEqualTo(3);
    scrollTo(".output img");
    screenshot("2-plot");

    script("Jupyter.notebook.save_notebook()");
    waitFor("saved", 20, () -> (Boolean) script("return !Jupyter.notebook.dirty"));
    interruptAndRestart();
    page(jupyter, notebook);
  }

  private void interruptAndRestart() throws IOException {
    script(
        "var n = Jupyter.notebook; n.select(n.ncells() - 1); n.insert_cell_below('code');"
            + " n.select_next(); n.get_selected_cell().set_text('long n = 0; while (true) { n++; }');"
            + " n.execute_cell()");
    waitFor("the cell runs", 20, () -> (Boolean) script("return Jupyter.notebook.kernel_busy"));
    pause(1000);
    long start = System.nanoTime();
    script("Jupyter.notebook.kernel.interrupt()");
    waitFor("the interrupt is shown", 20, () -> lastOutput().contains("Interrupted"));
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("browser: an interrupt is shown after %.2f s%n", seconds);
    scrollTo(".output_error");
    screenshot("3-interrupted");

    script("window.before = Jupyter.notebook.kernel.info_reply; Jupyter.notebook.kernel.restart()");
    pause(1000);
    waitFor(
        "the kernel is back",
        60,
        () -> (Boolean) script("return Jupyter.notebook.kernel.is_connected()"));
    script(
        "var n = Jupyter.notebook; n.get_cell(n.ncells() - 1).set_text('6 * 7');"
            + " n.clear_all_output(); n.execute_all_cells()");
    waitFor("it runs again", 120, () -> isDone() && lastOutput().contains("42"));
    assertThat(script("return document.querySelectorAll('.output_error').length")).isEqualTo(0L);
    screenshot("4-again");
  }

  private void page(Jupyter jupyter, Path notebook) throws Exception {
    Path page = temp.resolve("01.html");
    var runner = new NotebookRunner(jupyter, Optional.empty(), Duration.ofMinutes(1));
    assertThat(runner.html(notebook, page).failure()).isEmpty();
    browser.get(page.toUri().toString());
    assertThat(plots()).as("plots of the page").isGreaterThanOrEqualTo(3);
    scrollTo("img[src^='data:image']");
    screenshot("5-page");
  }

  @Test
  void pages_of_all_notebooks_show_their_plots() throws Exception {
    Jupyter jupyter = anyJupyter();
    var runner = new NotebookRunner(jupyter, Optional.empty(), Duration.ofMinutes(1));
    List<String> without = new ArrayList<>();
    for (Path notebook : Notebooks.of(jupyter.home()).files()) {
      String name = Notebooks.name(notebook);
      Path page = temp.resolve(name + ".html");
      assertThat(runner.html(notebook, page).failure()).as(name).isEmpty();
      String json = Files.readString(notebook);
      long drawn = json.split("data:image/|\"image/png\"|\"image/svg\\+xml\"", -1).length - 1;
      browser.get(page.toUri().toString());
      long shown = plots();
      if (shown < drawn) {
        without.add("%s: %d of %d images".formatted(name, shown, drawn));
      }
      if (shown > 0) {
        scrollTo("img[src^='data:image']");
      }
      screenshot("page-" + name);
    }
    assertThat(without).isEmpty();
  }

  private static Jupyter anyJupyter() {
    Optional<Jupyter> jupyter = Jupyter.find(Jupyter.repository());
    assumeTrue(jupyter.isPresent(), "there is no Jupyter on this machine");
    return jupyter.get();
  }

  private static Jupyter classicJupyter() throws IOException, InterruptedException {
    Jupyter jupyter = anyJupyter();
    Process version = jupyter.call(List.of("notebook", "--version")).start();
    String text = new String(version.getInputStream().readAllBytes()).strip();
    assumeTrue(
        version.waitFor() == 0 && text.startsWith("6."),
        "the classic notebook page is not here: apt-get install jupyter-notebook");
    return jupyter;
  }

  private void serve(Jupyter jupyter, Path folder) throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    ProcessBuilder builder =
        jupyter.call(
            List.of(
                "notebook",
                "--no-browser",
                "--allow-root",
                "--ip=127.0.0.1",
                "--port=" + port,
                "--NotebookApp.token=" + TOKEN,
                "--notebook-dir=" + folder));
    for (String kind : List.of("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")) {
      builder.environment().put("JUPYTER_" + kind, temp.resolve(kind).toString());
    }
    server =
        builder
            .redirectErrorStream(true)
            .redirectOutput(SCREENSHOTS.resolve("server.log").toFile())
            .start();
    String address = "http://127.0.0.1:" + port + "/notebooks/01.ipynb?token=" + TOKEN;
    waitFor(
        "the notebook opens",
        60,
        () -> {
          try {
            browser.get(address);
            pause(1500);
            return (Boolean)
                script(
                    "return typeof Jupyter != 'undefined' && !!Jupyter.notebook && !!Jupyter.notebook.kernel"
                        + " && Jupyter.notebook.kernel.is_connected()");
          } catch (WebDriverException e) {
            return false; // the server does not listen yet
          }
        });
  }

  private Object script(String javaScript) {
    return browser.executeScript(javaScript);
  }

  private boolean isDone() {
    return (Boolean)
        script(
            "return !Jupyter.notebook.kernel_busy && Jupyter.notebook.get_cells()"
                + ".every(c => c.cell_type != 'code' || typeof c.input_prompt_number == 'number')");
  }

  private String lastOutput() {
    return (String)
        script(
            "var c = Jupyter.notebook.get_cell(Jupyter.notebook.ncells() - 1);"
                + " return c.element.find('.output').text()");
  }

  /** How many embedded images have been decoded to something with a size. */
  private long plots() {
    return (Long)
        script(
            "return [...document.querySelectorAll(\"img[src^='data:image']\")]"
                + ".filter(i => i.complete && i.naturalWidth > 50).length");
  }

  private void scrollTo(String selector) {
    script("document.querySelector(\"" + selector + "\").scrollIntoView({block: 'center'})");
    pause(300);
  }

  private void screenshot(String name) throws IOException {
    Files.write(SCREENSHOTS.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void waitFor(String what, int seconds, BooleanSupplier condition) {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + seconds + " s: " + what);
      }
      pause(100);
    }
  }

  private static void forget(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
