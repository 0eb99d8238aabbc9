package org.esolm.metric;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Which of several points are worth having: those for which no other is at least as good in both
 * respects and better in one.
 *
 * @param <T> what carries the two numbers
 * @param cost the first number, such as seconds
 * @param costIsBetter whether less or more of it is better
 * @param quality the second number, such as perplexity
 * @param qualityIsBetter whether less or more of it is better
 */
public record ParetoFront<T>(
    ToDoubleFunction<? super T> cost,
    Better costIsBetter,
    ToDoubleFunction<? super T> quality,
    Better qualityIsBetter) {

  /** The direction in which a number improves. */
  public enum Better {
    /** Less is better. */
    LOW,
    /** More is better. */
    HIGH;

    private double toMinimise(double x) {
      return this == LOW ? x : -x;
    }
  }

  /**
   * A front on which less is better of both, as of seconds and perplexity.
   *
   * @param <T> what carries the two numbers
   * @param cost the first number
   * @param quality the second number
   * @return the front's definition
   */
  public static <T> ParetoFront<T> minimising(
      ToDoubleFunction<? super T> cost, ToDoubleFunction<? super T> quality) {
    return new ParetoFront<>(cost, Better.LOW, quality, Better.LOW);
  }

  /**
   * The points that no other dominates, in O(n log n).
   *
   * @param points any number; those of which a number is NaN are left out
   * @return the front, the best cost first; equal points all stay
   */
  public List<T> of(Collection<? extends T> points) {
    record Point<T>(T of, double cost, double quality) {}
    List<Point<T>> sorted =
        points.stream()
            .map(
                p ->
                    new Point<T>(
                        p,
                        costIsBetter.toMinimise(cost.applyAsDouble(p)),
                        qualityIsBetter.toMinimise(quality.applyAsDouble(p))))
            .filter(p -> !Double.isNaN(p.cost) && !Double.isNaN(p.quality))
            .sorted(
                Comparator.<Point<T>>comparingDouble(Point::cost)
                    .thenComparingDouble(Point::quality))
            .toList();
    List<T> front = new ArrayList<>();
    Point<T> last = null;
    for (Point<T> p : sorted) {
      boolean equal = last != null && p.cost == last.cost && p.quality == last.quality;
      if (last == null || equal || p.quality < last.quality) {
        front.add(p.of);
        last = p;
      }
    }
    return front;
  }
}
