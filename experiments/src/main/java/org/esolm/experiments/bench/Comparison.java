package org.esolm.experiments.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Two programs on the same work, one after the other in processes of their own, round after round,
 * each round the other way about. Every measurement is a row; those that are there are not made
 * again, and those that other processes disturbed do not count.
 */
public final class Comparison {
  /** Above this share of the machine in other processes a measurement is made again. */
  public static final double DISTURBED = 0.1;

  private final Plan plan;
  private final Contestant ours;
  private final Contestant peer;
  private final RowFile rows;
  private final Consumer<String> log;

  /**
   * What is compared, and how long it may take.
   *
   * @param works in the order of the table
   * @param rounds how often each is measured
   * @param limit after which a program is ended, and its work left out from then on
   * @param budget after which nothing new is begun
   */
  public record Plan(List<Work> works, int rounds, Duration limit, Duration budget) {
    /** Checks the numbers. */
    public Plan {
      if (works.isEmpty()) {
        throw new IllegalArgumentException("--only: nothing fits, must fit a name of some work");
      }
      if (rounds < 1) {
        throw new IllegalArgumentException("--rounds: " + rounds + ", must be at least 1");
      }
      if (!limit.isPositive() || !budget.isPositive()) {
        throw new IllegalArgumentException("--limit, --budget: must be seconds above 0");
      }
    }
  }

  /**
   * Prepares a comparison.
   *
   * @param plan what is compared
   * @param ours one program
   * @param peer the other
   * @param rows what was measured so far
   * @param log told what is done
   */
  public Comparison(
      Plan plan, Contestant ours, Contestant peer, RowFile rows, Consumer<String> log) {
    this.plan = plan;
    this.ours = ours;
    this.peer = peer;
    this.rows = rows;
    this.log = log;
  }

  /**
   * Measures what is missing.
   *
   * @return whether all is there now; otherwise the same call goes on
   * @throws IOException if a program fails, or a row cannot be written
   * @throws InterruptedException if this thread was interrupted
   */
  public boolean run() throws IOException, InterruptedException {
    long end = System.nanoTime() + plan.budget.toNanos();
    boolean complete = true;
    for (int round = 1; round <= plan.rounds; round++) {
      for (Work work : plan.works) {
        for (Task task : tasks(work, round)) {
          if (isDone(task)) {
            continue;
          }
          if (System.nanoTime() > end) {
            return false;
          }
          complete &= measure(task);
        }
      }
    }
    return complete;
  }

  /** One program on one piece of work in one round. */
  private record Task(Work work, int round, String who, List<String> command) {}

  private List<Task> tasks(Work work, int round) {
    List<Task> tasks = new ArrayList<>();
    tasks.add(
        new Task(
            work,
            round,
            "machine",
            Ours.command(
                List.of(
                    "bench", "machine", "--json", "--bytes", "" + Bound.weights(work.shape())))));
    Task first = new Task(work, round, ours.name(), ours.command(work));
    Task second = new Task(work, round, peer.name(), peer.command(work));
    tasks.addAll(round % 2 == 1 ? List.of(first, second) : List.of(second, first));
    return tasks;
  }

  /** A program that took too long once would do so again. */
  private boolean isDone(Task task) {
    Map<String, Object> row = key(task);
    if (rows.find(Map.of("work", row.get("work"), "who", task.who, "too_long", true)).isPresent()) {
      return true;
    }
    row.put("disturbed", false);
    return rows.find(row).isPresent();
  }

  /** The machine's rates are those of a shape, whatever is done with it. */
  private static Map<String, Object> key(Task task) {
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("work", task.who.equals("machine") ? task.work.shape().name() : task.work.name());
    key.put("round", task.round);
    key.put("who", task.who);
    return key;
  }

  private boolean measure(Task task) throws IOException, InterruptedException {
    Child child = Child.run(task.command, plan.limit);
    Map<String, Object> row = key(task);
    boolean disturbed = child.others() != null && child.others() > DISTURBED;
    String told;
    if (child.tooLong()) {
      row.put("too_long", true);
      row.put("limit_s", plan.limit.toSeconds());
      told = "longer than " + plan.limit.toSeconds() + " s, left out";
    } else {
      boolean machine = task.who.equals("machine");
      Double seconds = machine ? null : (Double) task.work.seconds(child.line());
      if (!machine) {
        row.put("seconds", seconds);
        row.put("peak_mib", child.peakMib());
      }
      row.put("wall_s", child.seconds());
      row.put("others", child.others());
      row.put("disturbed", disturbed);
      row.put("line", child.line());
      told = machine ? "rates measured" : Numbers.seconds(seconds);
    }
    rows.add(row);
    log.accept(
        "round %d  %-24s %-9s %s%s"
            .formatted(
                task.round,
                row.get("work"),
                task.who,
                told,
                disturbed
                    ? " (does not count: others took " + Numbers.percent(child.others()) + ")"
                    : ""));
    return !disturbed || child.tooLong();
  }
}
