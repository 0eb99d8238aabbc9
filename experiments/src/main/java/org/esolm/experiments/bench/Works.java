package org.esolm.experiments.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.esolm.tensor.WeightFormat;

/** What is compared. */
public final class Works {
  private Works() {}

  /**
   * A choice of the work.
   *
   * @param profile {@code quick}: the small shape; {@code full}: all of them
   * @param only names must contain this regular expression
   * @return the work, in the order of tables
   */
  public static List<Work> of(String profile, String only) {
    List<Work> works = new ArrayList<>(lab());
    switch (profile) {
      case "quick" -> {}
      case "full" -> {
        works.addAll(tiny());
        Work.MODELS.forEach(model -> works.add(Work.train(model, Shape.ODD)));
        works.addAll(gpt2());
      }
      default ->
          throw new IllegalArgumentException("--profile: '" + profile + "', must be quick or full");
    }
    Pattern pattern = pattern(only);
    return works.stream().filter(work -> pattern.matcher(work.name()).find()).toList();
  }

  /** What {@code --only} says. */
  static Pattern pattern(String only) {
    try {
      return Pattern.compile(only);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "--only: '" + only + "', must be a regular expression: " + e.getDescription(), e);
    }
  }

  private static List<Work> lab() {
    List<Work> works = new ArrayList<>();
    // Many steps, as neighbours on a shared machine disturb some seconds of them.
    Work.MODELS.forEach(model -> works.add(Work.train(model, Shape.LAB).with(Map.of("reps", 40))));
    for (int batch : new int[] {1, 16}) {
      for (String model : Work.MODELS) {
        Work work = Work.sample(model, Shape.LAB, batch);
        // Every evaluation costs the same: fewer of them tell as much.
        works.add(batch > 1 && model.equals("mdlm") ? steps(work, 16) : work);
      }
    }
    return works;
  }

  private static List<Work> tiny() {
    List<Work> works = new ArrayList<>();
    Work.MODELS.forEach(model -> works.add(Work.train(model, Shape.TINY).with(Map.of("reps", 8))));
    for (int batch : new int[] {1, 16}) {
      for (String model : Work.MODELS) {
        Work work = once(Work.sample(model, Shape.TINY, batch));
        works.add(model.equals("mdlm") ? steps(work, batch == 1 ? 32 : 4) : work);
      }
    }
    return works;
  }

  /** One sequence with weights as short as they come, and many. */
  private static List<Work> gpt2() {
    List<Work> works = new ArrayList<>();
    for (String model : Work.MODELS) {
      Work work = once(Work.sample(model, Shape.GPT2, 1));
      Work one = model.equals("mdlm") ? steps(work, 8) : work;
      Arrays.stream(WeightFormat.values()).map(one::with).forEach(works::add);
    }
    for (String model : Work.MODELS) {
      Work work = once(Work.sample(model, Shape.GPT2, 16));
      works.add(model.equals("mdlm") ? steps(work, 4) : work);
    }
    return works;
  }

  /** A long run warms up by itself. */
  private static Work once(Work work) {
    return work.with(Map.of("warmup", 1, "reps", 1));
  }

  private static Work steps(Work work, int t) {
    return work.with(Map.of("steps", t));
  }
}
