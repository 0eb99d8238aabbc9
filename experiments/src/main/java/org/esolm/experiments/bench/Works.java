package org.esolm.experiments.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

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
        works.add(once(Work.sample("ar", Shape.GPT2, 1)));
        works.add(once(Work.sample("eso", Shape.GPT2, 1)));
      }
      default ->
          throw new IllegalArgumentException("--profile: '" + profile + "', must be quick or full");
    }
    try {
      Pattern pattern = Pattern.compile(only);
      return works.stream().filter(work -> pattern.matcher(work.name()).find()).toList();
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "--only: '" + only + "', must be a regular expression: " + e.getDescription(), e);
    }
  }

  private static List<Work> lab() {
    List<Work> works = new ArrayList<>();
    // Many steps, as neighbours on a shared machine disturb some seconds of them.
    Work.MODELS.forEach(model -> works.add(with(Work.train(model, Shape.LAB), Map.of("reps", 40))));
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
    Work.MODELS.forEach(model -> works.add(with(Work.train(model, Shape.TINY), Map.of("reps", 8))));
    for (int batch : new int[] {1, 16}) {
      for (String model : Work.MODELS) {
        Work work = once(Work.sample(model, Shape.TINY, batch));
        works.add(model.equals("mdlm") ? steps(work, batch == 1 ? 32 : 4) : work);
      }
    }
    return works;
  }

  /** A long run warms up by itself. */
  private static Work once(Work work) {
    return with(work, Map.of("warmup", 1, "reps", 1));
  }

  private static Work steps(Work work, int t) {
    return with(work, Map.of("steps", t));
  }

  private static Work with(Work work, Map<String, Integer> more) {
    Map<String, Integer> options = new TreeMap<>(work.options());
    options.putAll(more);
    return new Work(work.what(), work.model(), work.shape(), work.length(), work.batch(), options);
  }
}
