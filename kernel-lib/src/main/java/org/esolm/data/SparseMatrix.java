package org.esolm.data;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A sparse matrix of non-negative numbers in compressed rows. */
final class SparseMatrix {
  private final int columns;
  private final int[] start; // [rows + 1]
  private final int[] column;
  private final double[] value;

  private SparseMatrix(int columns, int[] start, int[] column, double[] value) {
    this.columns = columns;
    this.start = start;
    this.column = column;
    this.value = value;
  }

  /** The matrix whose rows are maps from column to value. */
  static SparseMatrix of(int columns, List<Map<Integer, Double>> rows) {
    int[] start = new int[rows.size() + 1];
    for (int r = 0; r < rows.size(); r++) {
      start[r + 1] = start[r] + rows.get(r).size();
    }
    int[] column = new int[start[rows.size()]];
    double[] value = new double[column.length];
    int i = 0;
    for (Map<Integer, Double> row : rows) {
      for (Map.Entry<Integer, Double> entry : row.entrySet()) {
        column[i] = entry.getKey();
        value[i++] = entry.getValue();
      }
    }
    return new SparseMatrix(columns, start, column, value);
  }

  /** The matrix of the entries that are not zero; all rows equally long. */
  static SparseMatrix of(double[][] dense) {
    int[] start = new int[dense.length + 1];
    int n = 0;
    for (int r = 0; r < dense.length; r++) {
      for (double v : dense[r]) {
        n += v == 0 ? 0 : 1;
      }
      start[r + 1] = n;
    }
    int[] column = new int[n];
    double[] value = new double[n];
    int i = 0;
    for (double[] row : dense) {
      for (int c = 0; c < row.length; c++) {
        if (row[c] != 0) {
          column[i] = c;
          value[i++] = row[c];
        }
      }
    }
    return new SparseMatrix(dense[0].length, start, column, value);
  }

  SparseMatrix transpose() {
    int[] begin = new int[columns + 1];
    for (int c : column) {
      begin[c + 1]++;
    }
    for (int c = 0; c < columns; c++) {
      begin[c + 1] += begin[c];
    }
    int[] next = begin.clone();
    int[] row = new int[column.length];
    double[] transposed = new double[column.length];
    for (int r = 0; r < rows(); r++) {
      for (int i = start[r]; i < start[r + 1]; i++) {
        int at = next[column[i]]++;
        row[at] = r;
        transposed[at] = value[i];
      }
    }
    return new SparseMatrix(rows(), begin, row, transposed);
  }

  int rows() {
    return start.length - 1;
  }

  int columns() {
    return columns;
  }

  int entries() {
    return column.length;
  }

  /** Columns of the entries of a row, in the order of {@link #value}. */
  int[] columns(int row) {
    return Arrays.copyOfRange(column, start[row], start[row + 1]);
  }

  /** Values of the entries of a row, in the order of {@link #columns(int)}. */
  double[] values(int row) {
    return Arrays.copyOfRange(value, start[row], start[row + 1]);
  }

  /** The product of a row and a vector of length columns(). */
  double dot(int row, double[] x) {
    double sum = 0;
    for (int i = start[row], end = start[row + 1]; i < end; i++) {
      sum += value[i] * x[column[i]];
    }
    return sum;
  }

  /** Adds a multiple of a row to a vector of length columns(). */
  void addRow(int row, double factor, double[] y) {
    for (int i = start[row], end = start[row + 1]; i < end; i++) {
      y[column[i]] += factor * value[i];
    }
  }

  /** The column at which the running sum of a row, which sums to one, passes u in [0, 1). */
  int draw(int row, double u) {
    int last = start[row + 1] - 1;
    int i = start[row];
    for (double rest = u - value[i]; rest >= 0 && i < last; rest -= value[i]) {
      i++;
    }
    return column[i];
  }
}
