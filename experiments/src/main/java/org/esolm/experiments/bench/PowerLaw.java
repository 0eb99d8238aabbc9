package org.esolm.experiments.bench;

import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.tribuo.Example;
import org.tribuo.MutableDataset;
import org.tribuo.SparseModel;
import org.tribuo.impl.ArrayExample;
import org.tribuo.provenance.SimpleDataSourceProvenance;
import org.tribuo.regression.RegressionFactory;
import org.tribuo.regression.Regressor;
import org.tribuo.regression.slm.ElasticNetCDTrainer;

/**
 * y = c x^p, by least squares on logarithms (Tribuo's linear regression).
 *
 * @param exponent p
 * @param factor c
 */
public record PowerLaw(double exponent, double factor) {
  private static final String LOG_X = "log x";
  private static final String LOG_Y = "log y";

  /** Of the elastic net, so small that least squares are left. */
  private static final double NO_PENALTY = 1e-12;

  /** It tells of every fit. */
  private static final Logger TRAINER = Logger.getLogger(ElasticNetCDTrainer.class.getName());

  /**
   * Fits the law.
   *
   * @param x positive numbers, two different ones at least
   * @param y as many positive numbers
   * @return the law nearest to them
   * @throws IllegalArgumentException if they are not
   */
  public static PowerLaw fit(List<Double> x, List<Double> y) {
    if (x.size() != y.size() || x.stream().distinct().count() < 2) {
      throw new IllegalArgumentException(
          "%d x and %d y, must be as many, two different x at least".formatted(x.size(), y.size()));
    }
    if (x.stream().anyMatch(v -> !(v > 0)) || y.stream().anyMatch(v -> !(v > 0))) {
      throw new IllegalArgumentException("x " + x + ", y " + y + ", must be positive");
    }
    TRAINER.setLevel(Level.WARNING);
    RegressionFactory factory = new RegressionFactory();
    MutableDataset<Regressor> points =
        new MutableDataset<>(new SimpleDataSourceProvenance("measurements", factory), factory);
    for (int i = 0; i < x.size(); i++) {
      points.add(point(Math.log(x.get(i)), Math.log(y.get(i))));
    }
    SparseModel<Regressor> line = new ElasticNetCDTrainer(NO_PENALTY, 1).train(points);
    double at0 = value(line, 0);
    return new PowerLaw(value(line, 1) - at0, Math.exp(at0));
  }

  /**
   * The exponent of the law, to be read.
   *
   * @param x positive numbers
   * @param y as many positive numbers
   * @return two decimals; nothing if there are too few numbers for a law
   */
  static String exponent(List<Double> x, List<Double> y) {
    return x.stream().distinct().count() < 2
        ? ""
        : String.format(Locale.ROOT, "%.2f", fit(x, y).exponent);
  }

  private static Example<Regressor> point(double logX, double logY) {
    return new ArrayExample<>(
        new Regressor(LOG_Y, logY), new String[] {LOG_X}, new double[] {logX});
  }

  private static double value(SparseModel<Regressor> line, double logX) {
    return line.predict(point(logX, 0)).getOutput().getValues()[0];
  }
}
