package org.esolm.view;

import java.util.Arrays;
import java.util.Locale;
import org.esolm.notebook.Display;
import org.esolm.plot.MatrixPlot;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An ND4J array: its shape and range, and its last two axes as a picture. */
final class ArrayView {
  /** Larger matrices show their upper left corner. */
  private static final int MAX_CELLS = 64;

  private ArrayView() {}

  static Display of(INDArray array) {
    String head =
        "%s %s".formatted(array.dataType(), Arrays.toString(array.shape()).replace(", ", " x "));
    if (array.isEmpty() || !array.dataType().isNumerical()) {
      return Display.text(head + "\n" + array);
    }
    String range =
        String.format(
            Locale.ROOT,
            "min %.4g, mean %.4g, max %.4g",
            array.minNumber().doubleValue(),
            array.meanNumber().doubleValue(),
            array.maxNumber().doubleValue());
    INDArray matrix = array.rank() < 2 ? array.reshape(1, array.length()) : array;
    while (matrix.rank() > 2) {
      matrix = matrix.slice(0);
    }
    String shown = array.rank() > 2 ? ", the first of its matrices" : "";
    int rows = Math.min(matrix.rows(), MAX_CELLS);
    int columns = Math.min(matrix.columns(), MAX_CELLS);
    if (rows < matrix.rows() || columns < matrix.columns()) {
      shown += ", its first %d x %d".formatted(rows, columns);
    }
    double[][] values = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        values[i][j] = matrix.getDouble(i, j);
      }
    }
    String line = head + shown + ": " + range;
    String picture = MatrixPlot.of("", values).toDisplay().data().get("text/html");
    return Display.html("<div>" + Display.escape(line) + "</div>\n" + picture, line + "\n" + array);
  }
}
