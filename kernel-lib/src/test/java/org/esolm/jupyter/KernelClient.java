package org.esolm.jupyter;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A kernel in a process of its own, and the little of Jupyter that it takes to talk to it. */
final class KernelClient implements AutoCloseable {
  private static final String DELIMITER = "<IDS|MSG>";
  private static final String KEY = "a key of the test";

  /** What a cell did. */
  record Execution(String status, String out, String err, String ename, String evalue) {}

  private record Message(String type, String parent, JsonNode content) {}

  private final Process process;
  private final ZContext context = new ZContext();
  private final ZMQ.Socket shell = context.createSocket(SocketType.DEALER);
  private final ZMQ.Socket control = context.createSocket(SocketType.DEALER);
  private final ZMQ.Socket iopub = context.createSocket(SocketType.SUB);

  private KernelClient(Process process, Map<String, Object> connection) {
    this.process = process;
    shell.connect("tcp://127.0.0.1:" + connection.get("shell_port"));
    control.connect("tcp://127.0.0.1:" + connection.get("control_port"));
    iopub.connect("tcp://127.0.0.1:" + connection.get("iopub_port"));
    iopub.setRcvHWM(0);
    iopub.subscribe(new byte[0]);
  }

  /** Starts a kernel with this heap and waits until it answers. */
  static KernelClient start(Path folder, String heap) throws IOException {
    Map<String, Object> connection = new LinkedHashMap<>();
    for (String port : List.of("shell", "control", "iopub", "stdin", "hb")) {
      connection.put(port + "_port", freePort());
    }
    connection.put("ip", "127.0.0.1");
    connection.put("transport", "tcp");
    connection.put("key", KEY);
    connection.put("signature_scheme", "hmac-sha256");
    Path file = folder.resolve("connection-" + UUID.randomUUID() + ".json");
    Files.writeString(file, JsonMapper.shared().writeValueAsString(connection));
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            heap,
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            "org.esolm.jupyter.JavaKernel",
            file.toString());
    File log = folder.resolve("kernel.log").toFile();
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    KernelClient client = new KernelClient(process, connection);
    client.awaitReady();
    return client;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady() {
    send(shell, "kernel_info_request", Map.of());
    if (receive(shell, 180_000) == null) {
      throw new AssertionError("the kernel did not answer within three minutes");
    }
    // What is published before the subscription has arrived is lost: ask until something comes.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    do {
      send(shell, "kernel_info_request", Map.of());
      receive(shell, 5_000);
    } while (receive(iopub, 200) == null && System.nanoTime() < end);
    while (receive(iopub, 200) != null) {
      // what belongs to these questions
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int awaitExit() throws InterruptedException {
    return process.waitFor(20, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  /** Runs a cell to its end. */
  Execution execute(String code) {
    return await(begin(code), 180_000);
  }

  /** Starts a cell. */
  String begin(String code) {
    return send(
        shell,
        "execute_request",
        Map.of("code", code, "silent", false, "store_history", true, "allow_stdin", false));
  }

  /** Waits until something was printed. */
  void awaitOutput(String text) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (System.nanoTime() < end) {
      Message message = receive(iopub, 1_000);
      if (message != null && message.content.path("text").asString("").contains(text)) {
        return;
      }
    }
    throw new AssertionError("the cell did not print " + text);
  }

  /** Waits for the end of a cell: its reply, and the news that the kernel is idle. */
  Execution await(String id, int millis) {
    StringBuilder out = new StringBuilder();
    StringBuilder err = new StringBuilder();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    boolean idle = false;
    while (!idle) {
      Message message = receive(iopub, 100);
      if (message == null) {
        if (!process.isAlive()) {
          return new Execution("dead", out.toString(), err.toString(), "", "");
        }
        if (System.nanoTime() > end) {
          throw new AssertionError("the cell did not end within " + millis + " ms");
        }
      } else if (message.parent.equals(id)) {
        switch (message.type) {
          case "stream" -> {
            boolean toOut = message.content.get("name").asString().equals("stdout");
            (toOut ? out : err).append(message.content.get("text").asString());
          }
          case "status" -> idle = message.content.get("execution_state").asString().equals("idle");
          default -> {
            // the input again, an error that the reply has too
          }
        }
      }
    }
    while (true) {
      Message reply = receive(shell, 5_000);
      if (reply == null) {
        throw new AssertionError("no reply");
      }
      if (reply.parent.equals(id)) {
        return new Execution(
            reply.content.get("status").asString(),
            out.toString(),
            err.toString(),
            reply.content.path("ename").asString(""),
            reply.content.path("evalue").asString(""));
      }
    }
  }

  void interrupt() {
    send(control, "interrupt_request", Map.of());
  }

  @Override
  public void close() throws IOException {
    try {
      if (process.isAlive()) {
        send(control, "shutdown_request", Map.of("restart", false));
        process.waitFor(5, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
      context.close();
    }
  }

  private String send(ZMQ.Socket socket, String type, Map<String, ?> content) {
    String id = UUID.randomUUID().toString();
    Map<String, Object> header = new HashMap<>();
    header.put("msg_id", id);
    header.put("msg_type", type);
    header.put("session", "test");
    header.put("username", "test");
    header.put("version", "5.3");
    header.put("date", "2026-01-01T00:00:00.000000Z");
    List<String> parts = new ArrayList<>();
    parts.add(JsonMapper.shared().writeValueAsString(header));
    parts.add("{}");
    parts.add("{}");
    parts.add(JsonMapper.shared().writeValueAsString(content));
    socket.sendMore(DELIMITER);
    socket.sendMore(sign(parts));
    for (int i = 0; i < parts.size(); i++) {
      socket.send(parts.get(i).getBytes(StandardCharsets.UTF_8), i < 3 ? ZMQ.SNDMORE : 0);
    }
    return id;
  }

  private static String sign(List<String> parts) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      parts.forEach(p -> mac.update(p.getBytes(StandardCharsets.UTF_8)));
      return HexFormat.of().formatHex(mac.doFinal());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Message receive(ZMQ.Socket socket, int millis) {
    socket.setReceiveTimeOut(millis);
    String part = socket.recvStr();
    if (part == null) {
      return null;
    }
    while (!part.equals(DELIMITER)) {
      part = socket.recvStr();
    }
    socket.recvStr(); // the signature
    JsonNode header = JsonMapper.shared().readTree(socket.recvStr());
    JsonNode parent = JsonMapper.shared().readTree(socket.recvStr());
    socket.recvStr(); // metadata
    JsonNode content = JsonMapper.shared().readTree(socket.recvStr());
    while (socket.hasReceiveMore()) {
      socket.recv(); // binary data
    }
    return new Message(
        header.get("msg_type").asString(), parent.path("msg_id").asString(""), content);
  }
}
