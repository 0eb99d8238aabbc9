package org.esolm.experiments;

import java.io.PrintWriter;
import java.io.StringWriter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs the command line in this process and keeps what it printed. */
public final class CommandLineFixture {
  /** The end of a command. */
  public record Result(int exit, String out, String err) {
    /** The one line of JSON that was printed. */
    public JsonNode json() {
      if (out.lines().count() != 1) {
        throw new AssertionError("not one line: " + out + err);
      }
      return JsonMapper.shared().readTree(out);
    }
  }

  private CommandLineFixture() {}

  /** Runs {@code eso} with these arguments; each is taken with its toString. */
  public static Result eso(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    int exit = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), words);
    return new Result(exit, out.toString(), err.toString());
  }
}
