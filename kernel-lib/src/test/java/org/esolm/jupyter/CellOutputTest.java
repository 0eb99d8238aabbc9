package org.esolm.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class CellOutputTest {
  private final List<String> messages = Collections.synchronizedList(new ArrayList<>());
  private final ByteArrayOutputStream idle = new ByteArrayOutputStream();
  private final CellOutput output =
      new CellOutput(sender("out "), sender("err "), new PrintStream(idle), new PrintStream(idle));

  /** Like a notebook connection: every write is one message. */
  private PrintStream sender(String name) {
    return new PrintStream(
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError("one byte is no message");
          }

          @Override
          public void write(byte[] b, int offset, int length) {
            messages.add(name + new String(b, offset, length, StandardCharsets.UTF_8));
          }
        });
  }

  @Test
  void many_lines_become_few_messages_and_none_is_lost() {
    output.begin();
    for (int i = 0; i < 100_000; i++) {
      output.out().println(i);
    }
    output.end();

    String all = String.join("", messages.stream().map(m -> m.substring(4)).toList());
    assertThat(all.lines()).hasSize(100_000).startsWith("0").endsWith("99999");
    assertThat(messages.size()).isLessThan(1000);
  }

  @Test
  void the_order_of_the_two_streams_is_kept() {
    output.begin();
    output.out().print("ä");
    output.out().print("b");
    output.err().print("c");
    output.out().print("d");
    output.end();

    assertThat(String.join("|", messages)).isEqualTo("out äb|err c|out d");
  }

  @Test
  void streams_that_alternate_do_not_flood_the_notebook() {
    output.begin();
    for (int i = 0; i < 10_000; i++) {
      output.out().println("o" + i);
      output.err().println("e" + i);
    }
    output.end();

    String out =
        String.join(
            "",
            messages.stream().filter(m -> m.startsWith("out")).map(m -> m.substring(4)).toList());
    assertThat(out.lines()).hasSize(10_000).allMatch(l -> l.startsWith("o"));
    assertThat(messages.size()).isLessThan(1000);
  }

  /** Jupyter's stream keeps what it could not send, and tries again at the next flush. */
  @Test
  void text_that_could_not_be_sent_at_once_is_sent_once() {
    List<String> sent = new ArrayList<>();
    var failures = new ArrayDeque<>(List.of(new OutOfMemoryError("not now")));
    var keeps =
        new ByteArrayOutputStream() {
          @Override
          public void flush() {
            if (size() > 0 && !failures.isEmpty()) {
              throw failures.pop();
            }
            sent.add(toString(StandardCharsets.UTF_8));
            reset();
          }
        };
    try (var once =
        new CellOutput(
            new PrintStream(keeps, true), sender("err "), new PrintStream(idle), System.err)) {
      once.begin();
      once.out().print("a");
      assertThatThrownBy(once::flush).hasMessage("not now");
      once.end();
    }

    assertThat(String.join("", sent)).isEqualTo("a");
  }

  @Test
  void text_printed_outside_a_cell_goes_where_the_process_prints() {
    output.out().print("before");
    output.begin();
    output.end();

    assertThat(messages).isEmpty();
    assertThat(idle).hasToString("before");
  }
}
