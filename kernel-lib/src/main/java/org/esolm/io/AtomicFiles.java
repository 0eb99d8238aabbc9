package org.esolm.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Files that are there whole or not at all: written beside their place, forced to the disk, then
 * renamed. Who reads while another writes sees the old file or the new one, never a part. An
 * interrupt of the thread waits until the file is written: what is saved because of it must not be
 * lost by it.
 */
public final class AtomicFiles {
  private AtomicFiles() {}

  /** Writes a file's content. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes everything from the channel's position on. Called again for a fresh channel if the
     * thread was interrupted.
     *
     * @param channel open for writing, empty
     * @throws IOException if it cannot be written
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes or replaces a file; missing folders are made.
   *
   * @param file the file
   * @param content writes what shall stand in it; if it throws, the file stays as it was
   * @throws IOException if the file cannot be written
   */
  public static void write(Path file, Content content) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          writeOnce(file, content);
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void writeOnce(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    Files.createDirectories(target.getParent());
    // Not a "temporary file", which only its owner could read after the renaming.
    Path part = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
    try {
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      rename(part, target);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /**
   * Writes or replaces a file.
   *
   * @param file the file
   * @param bytes its content
   * @throws IOException if the file cannot be written
   */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(
        file,
        channel -> {
          ByteBuffer rest = ByteBuffer.wrap(bytes);
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
        });
  }

  /**
   * Writes or replaces a text file in UTF-8.
   *
   * @param file the file
   * @param text its content
   * @throws IOException if the file cannot be written
   */
  public static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void rename(Path part, Path target) throws IOException {
    try {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
