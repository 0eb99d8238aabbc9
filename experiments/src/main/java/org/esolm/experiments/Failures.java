package org.esolm.experiments;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** One line on standard error and an exit code for whatever went wrong. */
final class Failures {
  private Failures() {}

  static int wrongArgument(ParameterException e, boolean debug) {
    CommandLine line = e.getCommandLine();
    String message = oneLine(e.getMessage());
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      message += "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
    }
    return report(
        line,
        message + " (see: " + line.getCommandSpec().qualifiedName() + " --help)",
        e,
        debug,
        ExitCode.USAGE);
  }

  static int failed(Throwable thrown, CommandLine line, boolean debug) {
    Throwable e = thrown;
    while ((e instanceof UncheckedIOException || e instanceof ExecutionException)
        && e.getCause() != null) {
      e = e.getCause();
    }
    return report(line, message(e), e, debug, isBadInput(e) ? ExitCode.USAGE : ExitCode.SOFTWARE);
  }

  private static boolean isBadInput(Throwable e) {
    return e instanceof IllegalArgumentException
        || e instanceof NoSuchFileException
        || e instanceof FileNotFoundException
        || e instanceof NotDirectoryException
        || e instanceof AccessDeniedException;
  }

  private static String message(Throwable e) {
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file";
    }
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": no permission to read or write it";
    }
    if (e instanceof FileSystemException && e.getMessage() != null) {
      return e.getClass().getSimpleName().replace("Exception", "") + ": " + oneLine(e.getMessage());
    }
    if (e instanceof OutOfMemoryError) {
      return "out of memory: try a smaller batch, or more memory with ESO_JAVA_OPTS=-Xmx8g";
    }
    if (e instanceof LinkageError || e instanceof InternalError) { // a native library, a font
      return e.getClass().getSimpleName()
          + ": "
          + oneLine(String.valueOf(e.getMessage()))
          + "; eso doctor says what this machine lacks";
    }
    if (e.getMessage() == null || e.getMessage().isBlank()) {
      return e.getClass().getSimpleName() + " (--debug shows where)";
    }
    return e instanceof IllegalArgumentException || e.getClass() == IllegalStateException.class
        ? oneLine(e.getMessage())
        : e.getClass().getSimpleName() + ": " + oneLine(e.getMessage());
  }

  private static int report(
      CommandLine line, String message, Throwable e, boolean debug, int exitCode) {
    line.getErr().println("eso: " + message);
    if (debug) {
      e.printStackTrace(line.getErr());
    }
    return exitCode;
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
