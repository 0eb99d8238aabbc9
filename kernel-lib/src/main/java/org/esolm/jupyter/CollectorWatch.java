package org.esolm.jupyter;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/**
 * Notices a heap so full of small objects that the collector works without end and frees next to
 * nothing: no thread comes to the point of an OutOfMemoryError then, for hours. Needs no memory
 * once it runs.
 */
final class CollectorWatch {
  private static final long PERIOD_MILLIS = 250;
  private static final double SHARE = 0.9;
  private static final double SECONDS = 2;
  private static final int COLLECTIONS = 5;

  private final GarbageCollectorMXBean[] collectors =
      ManagementFactory.getGarbageCollectorMXBeans().stream()
          .filter(c -> !c.getName().contains("Concurrent")) // which stops nobody
          .toArray(GarbageCollectorMXBean[]::new);

  private CollectorWatch() {}

  /** Begins to watch; the action is run whenever nearly all time goes into collections. */
  static void start(Runnable action) {
    CollectorWatch watch = new CollectorWatch();
    Thread.ofPlatform().daemon().name("collector-watch").start(() -> watch.run(action));
  }

  private void run(Runnable action) {
    long since = System.nanoTime();
    long count = count();
    long at = since;
    long spent = millis();
    while (true) {
      try {
        Thread.sleep(PERIOD_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      long now = System.nanoTime();
      long total = millis();
      if ((total - spent) * 1e6 < SHARE * (now - at)) {
        since = now;
        count = count();
      } else if ((now - since) * 1e-9 > SECONDS && count() - count >= COLLECTIONS) {
        action.run();
        since = now;
        count = count();
      }
      at = now;
      spent = total;
    }
  }

  private long millis() {
    long sum = 0;
    for (GarbageCollectorMXBean c : collectors) {
      sum += c.getCollectionTime();
    }
    return sum;
  }

  private long count() {
    long sum = 0;
    for (GarbageCollectorMXBean c : collectors) {
      sum += c.getCollectionCount();
    }
    return sum;
  }
}
