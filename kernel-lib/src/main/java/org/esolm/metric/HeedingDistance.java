package org.esolm.metric;

import com.oracle.labs.mlrg.olcut.provenance.ConfiguredObjectProvenance;
import java.util.concurrent.CancellationException;
import org.tribuo.math.distance.Distance;
import org.tribuo.math.distance.DistanceType;
import org.tribuo.math.la.SGDVector;
import org.tribuo.math.protos.DistanceProto;

/**
 * Euclidean distance, by which Tribuo's k-means, which knows no interrupt, is ended by one: of the
 * thread that made this.
 */
final class HeedingDistance implements Distance {
  private static final long serialVersionUID = 1L;

  private final Distance l2 = DistanceType.L2.getDistance();
  private final transient Thread caller = Thread.currentThread();
  private volatile boolean heard;

  /** Whether an interrupt has ended something. */
  boolean heard() {
    return heard;
  }

  /** Takes note if a failure is that of a wait that was interrupted, which clears the interrupt. */
  void hear(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      heard |= t instanceof InterruptedException;
    }
  }

  @Override
  public double computeDistance(SGDVector a, SGDVector b) {
    if (heard || caller.isInterrupted()) {
      heard = true;
      throw new CancellationException("clustering: interrupted");
    }
    return l2.computeDistance(a, b);
  }

  @Override
  public ConfiguredObjectProvenance getProvenance() {
    return l2.getProvenance();
  }

  @Override
  public DistanceProto serialize() {
    return l2.serialize();
  }
}
