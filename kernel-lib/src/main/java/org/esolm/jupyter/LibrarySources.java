package org.esolm.jupyter;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Sources whose Javadoc Shift-Tab shows. JShell looks into the JDK's only; the library's own are
 * added by setting a field that JShell keeps for its tests, which the process must be allowed to
 * ({@code --add-opens jdk.jshell/jdk.jshell=ALL-UNNAMED}). Where it is not, signatures are shown
 * alone.
 */
final class LibrarySources {
  private LibrarySources() {}

  /** Makes them known, once; the JDK's archive stays open as long as the process. */
  static void attach() {
    try {
      var field =
          Class.forName("jdk.jshell.SourceCodeAnalysisImpl")
              .getDeclaredField("availableSourcesOverride");
      if (field.trySetAccessible() && field.get(null) == null) {
        field.set(null, roots());
      }
    } catch (ReflectiveOperationException | IOException e) {
      // Another JDK, or one that cannot be read: help has less to say, all else works.
    }
  }

  private static List<Path> roots() throws IOException {
    List<Path> roots = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (path.endsWith(Path.of("target", "classes"))) {
        roots.add(path.resolveSibling(Path.of("..", "src", "main", "java")).normalize());
      } else if (entry.endsWith(".jar")) {
        Path sources = Path.of(entry.replaceFirst("\\.jar$", "-sources.jar"));
        if (Files.isRegularFile(sources)) {
          roots.add(archive(sources));
        }
      }
    }
    roots.removeIf(root -> !Files.isDirectory(root));
    Path jdk = Path.of(System.getProperty("java.home"), "lib", "src.zip");
    if (Files.isReadable(jdk)) {
      try (DirectoryStream<Path> modules = Files.newDirectoryStream(archive(jdk))) {
        modules.forEach(roots::add);
      }
    }
    return roots;
  }

  private static Path archive(Path file) throws IOException {
    FileSystem archive = FileSystems.newFileSystem(file);
    return archive.getRootDirectories().iterator().next();
  }
}
