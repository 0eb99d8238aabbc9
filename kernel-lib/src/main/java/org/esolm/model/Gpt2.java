package org.esolm.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.esolm.io.SafetensorsFolder;
import org.esolm.tensor.Blas;
import org.esolm.tensor.CrossEntropy;
import org.esolm.tensor.Gelu;
import org.esolm.tensor.Interrupts;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.Residual;
import org.esolm.tensor.Rows;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * GPT-2 as Hugging Face stores it, of any size, forward only: the evaluator of generated text. It
 * reads one sequence at a time, of at most as many tokens as it has positions, so that its memory
 * is bounded by that: logits exist for some rows only, unless they are asked for. Not for use by
 * several threads at once.
 */
public final class Gpt2 implements AutoCloseable {
  private static final String PREFIX = "transformer.";

  /** Rows of one unit of work: each reads all weights. */
  private static final int ROW_TILE = 128;

  /** The weights of one block: matrices [in, out], as GPT-2's checkpoints have them. */
  private record Layer(
      Tensor norm1,
      Tensor norm1Shift,
      Tensor qkv,
      Tensor qkvBias,
      Tensor out,
      Tensor outBias,
      Tensor norm2,
      Tensor norm2Shift,
      Tensor up,
      Tensor upBias,
      Tensor down,
      Tensor downBias) {}

  private final Gpt2Config config;
  private final Workers workers;
  private final Arena arena;
  private final int d;
  private final Tensor tokens; // [V, d]
  private final Tensor positions; // [P, d]
  private final Layer[] layers;
  private final Tensor norm;
  private final Tensor normShift;
  private final Tensor head; // [V, d]

  private final Pass pass = new Pass();
  private final Frame frame = new Frame();
  private final Tiles rows = new Tiles();
  private final Tensor x; // [P, d] residual stream
  private final Tensor y; // [P, d] normalised
  private final Tensor qkv; // [P, 3d]
  private final Tensor attended; // [P, d]
  private final Tensor hidden; // [P, mlp]
  private final Tensor statistics; // [P, 2]
  private final Tensor logSum; // [P, heads]
  private final Tensor[] logits; // one a worker, [ROW_TILE, V]
  private final HeadAttention[] attention; // one a worker

  private Gpt2(Gpt2Config config, Workers workers, SafetensorsFolder file, Arena arena) {
    this.config = config;
    this.workers = Objects.requireNonNull(workers);
    this.arena = arena;
    d = config.hiddenSize();
    Reader weights = new Reader(file, arena);
    tokens = weights.read("wte.weight", config.vocabSize(), d);
    positions = weights.read("wpe.weight", config.positions(), d);
    layers = new Layer[config.blocks()];
    Arrays.setAll(layers, l -> layer(weights, "h." + l + "."));
    norm = weights.read("ln_f.weight", d);
    normShift = weights.read("ln_f.bias", d);
    head =
        weights.has("lm_head.weight")
            ? weights.read("lm_head.weight", config.vocabSize(), d)
            : tokens;
    weights.requireSound();

    int p = config.positions();
    x = Tensor.zeros(arena, p, d);
    y = Tensor.zeros(arena, p, d);
    qkv = Tensor.zeros(arena, p, 3 * d);
    attended = Tensor.zeros(arena, p, d);
    hidden = Tensor.zeros(arena, p, config.mlpSize());
    statistics = Tensor.zeros(arena, p, 2);
    logSum = Tensor.zeros(arena, p, config.heads());
    logits = new Tensor[workers.threads()];
    Arrays.setAll(logits, i -> Tensor.zeros(arena, ROW_TILE, config.vocabSize()));
    attention = new HeadAttention[workers.threads()];
    Arrays.setAll(attention, i -> new HeadAttention(arena, d, config.heads(), p, false));
  }

  private Layer layer(Reader weights, String at) {
    int mlp = config.mlpSize();
    return new Layer(
        weights.read(at + "ln_1.weight", d),
        weights.read(at + "ln_1.bias", d),
        weights.read(at + "attn.c_attn.weight", d, 3 * d),
        weights.read(at + "attn.c_attn.bias", 3 * d),
        weights.read(at + "attn.c_proj.weight", d, d),
        weights.read(at + "attn.c_proj.bias", d),
        weights.read(at + "ln_2.weight", d),
        weights.read(at + "ln_2.bias", d),
        weights.read(at + "mlp.c_fc.weight", d, mlp),
        weights.read(at + "mlp.c_fc.bias", mlp),
        weights.read(at + "mlp.c_proj.weight", mlp, d),
        weights.read(at + "mlp.c_proj.bias", d));
  }

  /**
   * Weights by name, with or without the prefix that they have beside a language-model head. What
   * is wrong with them is collected, so that one look at the message tells all.
   */
  private static final class Reader {
    /** Causal masks, which old checkpoints hold and nothing needs. */
    private static final Pattern IGNORED = Pattern.compile(".*\\.attn\\.(masked_)?bias");

    private final SafetensorsFolder file;
    private final Arena arena;
    private final Set<String> unread;
    private final List<String> faults = new ArrayList<>();

    Reader(SafetensorsFolder file, Arena arena) {
      this.file = file;
      this.arena = arena;
      unread = new TreeSet<>(file.stored().keySet());
      unread.removeIf(name -> IGNORED.matcher(name).matches());
    }

    boolean has(String name) {
      return file.stored().containsKey(name);
    }

    /** The tensor; null where something is wrong with it. */
    Tensor read(String name, int... shape) {
      Interrupts.check("reading");
      String full = has(PREFIX + name) ? PREFIX + name : name;
      if (!unread.remove(full)) {
        faults.add("missing: " + full);
        return null;
      }
      List<Integer> needed = Arrays.stream(shape).boxed().toList();
      List<Integer> stored = file.stored().get(full).shape();
      if (!stored.equals(needed)) {
        faults.add(full + " is " + stored + ", config.json says " + needed);
        return null;
      }
      return file.floats(arena, full);
    }

    /** Refuses what has faults, or tensors of which nothing is known. */
    void requireSound() {
      unread.forEach(name -> faults.add("too many: " + name));
      if (!faults.isEmpty()) {
        throw new IllegalArgumentException(
            file.files().getFirst() + ": " + String.join("; ", faults));
      }
    }
  }

  /**
   * Reads a model.
   *
   * @param folder with config.json and the weights, in one file or in shards
   * @param workers the threads that compute; they must outlive it
   * @return the model, to be closed
   * @throws IOException if a file cannot be read
   * @throws IllegalArgumentException if a file or a tensor is missing or has another size, or the
   *     model is not a GPT-2
   */
  public static Gpt2 read(Path folder, Workers workers) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "%s: no such folder, needed: one with config.json and %s"
              .formatted(folder, SafetensorsFolder.MODEL));
    }
    Gpt2Config config = Gpt2Config.read(folder.resolve("config.json"));
    Arena arena = Arena.ofShared();
    try (SafetensorsFolder weights = SafetensorsFolder.open(folder)) {
      return new Gpt2(config, workers, weights, arena);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * The model's sizes.
   *
   * @return its configuration
   */
  public Gpt2Config config() {
    return config;
  }

  /**
   * All logits of a sequence.
   *
   * @param ids its L tokens, at least one and at most {@link Gpt2Config#positions}
   * @param out [L, V], written
   * @throws IllegalArgumentException if a token or the length is not allowed, or {@code out} has
   *     another size
   */
  public void logits(int[] ids, Tensor out) {
    requireSize(out, ids.length, config.vocabSize());
    forward(ids);
    workers.loop(
        rows.count(),
        (tile, worker) -> logits(rows.from(tile), rows.to(tile), out, rows.from(tile)));
  }

  private static void requireSize(Tensor out, int rows, int columns) {
    if (out.size() != (long) rows * columns) {
      throw new IllegalArgumentException(
          "out: " + out + ", must be [" + rows + ", " + columns + "]");
    }
  }

  private void logits(int from, int to, Tensor out, int row) {
    int v = config.vocabSize();
    Blas.multiply(
        false, true, to - from, v, d, y, (long) from * d, d, head, 0, d, out, (long) row * v, v);
  }

  /**
   * The negative log-likelihood of each token given those before it.
   *
   * @param ids L tokens, at least one and at most {@link Gpt2Config#positions}
   * @return [L - 1] nats: of tokens 1 to L - 1
   * @throws IllegalArgumentException if a token or the length is not allowed
   */
  public float[] nll(int[] ids) {
    forward(ids);
    float[] nll = new float[ids.length - 1];
    int v = config.vocabSize();
    workers.loop(
        rows.count(),
        (tile, worker) -> {
          int from = rows.from(tile);
          int to = Math.min(rows.to(tile), nll.length);
          if (from < to) { // of all the tile's rows, so that they do not depend on what follows
            logits(from, rows.to(tile), logits[worker], 0);
          }
          for (int r = from; r < to; r++) {
            nll[r] = CrossEntropy.forward(logits[worker], (long) (r - from) * v, v, ids[r + 1]);
          }
        });
    return nll;
  }

  /**
   * The last hidden state, which the head reads, of a token of the sequence that was read last.
   * That of a text's last token is its feature in MAUVE.
   *
   * @param position of the token
   * @return [d], a view that holds until the next sequence is read
   * @throws IllegalArgumentException if the sequence has no such token
   */
  public Tensor hidden(int position) {
    if (position < 0 || position >= pass.rows()) {
      throw new IllegalArgumentException(
          "position: " + position + ", allowed: 0 to " + (pass.rows() - 1));
    }
    return y.slice(position, position + 1);
  }

  /** Leaves the last hidden states in y. */
  private void forward(int[] ids) {
    prepare(ids);
    workers.loop(rows.count(), (tile, worker) -> embed(rows.from(tile), rows.to(tile)));
    for (Layer layer : layers) {
      workers.loop(rows.count(), (tile, worker) -> enter(layer, rows.from(tile), rows.to(tile)));
      workers.loop(
          frame.queries.count() * config.heads(),
          (unit, worker) ->
              attention[worker].forward(
                  frame,
                  false,
                  unit / config.heads(),
                  unit % config.heads(),
                  qkv,
                  3 * d,
                  qkv,
                  attended,
                  logSum));
      workers.loop(rows.count(), (tile, worker) -> leave(layer, rows.from(tile), rows.to(tile)));
    }
    workers.loop(
        rows.count(), (tile, worker) -> normalise(norm, normShift, rows.from(tile), rows.to(tile)));
  }

  private void prepare(int[] ids) {
    if (ids.length < 1 || ids.length > config.positions()) {
      throw new IllegalArgumentException(
          "tokens: " + ids.length + ", allowed: 1 to " + config.positions());
    }
    pass.clear().beginSequence();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
        throw new IllegalArgumentException(
            "token: " + ids[i] + ", allowed: 0 to " + (config.vocabSize() - 1));
      }
      pass.row(ids[i], i, AttentionPattern.range(0, i + 1), AttentionPattern.NONE);
    }
    frame.begin(pass);
    rows.cutAll(pass.rows(), ROW_TILE);
  }

  private void embed(int from, int to) {
    long bytes = (long) d * Tensor.BYTES;
    MemorySegment.copy(
        positions.memory(), from * bytes, x.memory(), from * bytes, (to - from) * bytes);
    for (int r = from; r < to; r++) {
      Rows.addBias(x, tokens, (long) pass.id(r) * d, (long) r * d, d, 1, d);
    }
  }

  private void normalise(Tensor weight, Tensor shift, int from, int to) {
    LayerNorm.forward(x, weight, shift, y, statistics, from, to, d, config.epsilon());
  }

  private void enter(Layer layer, int from, int to) {
    normalise(layer.norm1, layer.norm1Shift, from, to);
    multiply(y, (long) from * d, layer.qkv, layer.qkvBias, qkv, 3L * d * from, to - from, d, 3 * d);
  }

  private void leave(Layer layer, int from, int to) {
    int n = to - from;
    int mlp = config.mlpSize();
    long at = (long) from * d;
    long wide = (long) from * mlp;
    multiply(attended, at, layer.out, layer.outBias, y, at, n, d, d);
    Residual.forward(x, y, null, null, x, 0f, 0, from, to, d);
    normalise(layer.norm2, layer.norm2Shift, from, to);
    multiply(y, at, layer.up, layer.upBias, hidden, wide, n, d, mlp);
    Gelu.forward(hidden, hidden, wide, wide + (long) n * mlp);
    multiply(hidden, wide, layer.down, layer.downBias, y, at, n, mlp, d);
    Residual.forward(x, y, null, null, x, 0f, 0, from, to, d);
  }

  /** {@code C = A W + b} of n rows that start at these places. */
  private static void multiply(
      Tensor a, long aAt, Tensor w, Tensor bias, Tensor c, long cAt, int n, int in, int out) {
    Blas.multiply(false, false, n, out, in, a, aAt, in, w, 0, out, c, cAt, out);
    Rows.addBias(c, bias, 0, cAt, out, n, out);
  }

  @Override
  public void close() {
    arena.close();
  }
}
