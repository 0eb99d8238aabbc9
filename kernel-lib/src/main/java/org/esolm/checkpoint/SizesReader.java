package org.esolm.checkpoint;

import java.util.List;
import java.util.Optional;
import org.esolm.io.TensorSource.Stored;

/** Finds out the sizes of a checkpoint's network: from its tensors, held against what it says. */
final class SizesReader {
  private static final String EMBEDDING = "vocab_embed.embedding";
  private static final String CONDITION = "sigma_map.mlp.0.weight";

  private static final int MAX_BLOCKS = 1000;
  private static final int MAX_LENGTH = 1 << 20;

  private final Checkpoint checkpoint;
  private final Settings settings;
  private final Stated stated;

  SizesReader(Checkpoint checkpoint, Stated stated) {
    this.checkpoint = checkpoint;
    settings = checkpoint.settings();
    this.stated = stated;
  }

  /**
   * Sizes of a network.
   *
   * @param hidden d
   * @param cond of the conditioning vector; 0 without AdaLN
   * @param blocks of the transformer
   * @param heads of each block
   * @param length L
   * @param vocab V, the mask included
   * @param mask id of the mask token, where it is said
   * @param dropout in training
   */
  record Sizes(
      int hidden,
      int cond,
      int blocks,
      int heads,
      int length,
      int vocab,
      Optional<Integer> mask,
      double dropout) {}

  Sizes read() {
    List<Integer> embedding = matrix(EMBEDDING);
    int hidden = embedding.getLast();
    int vocab = embedding.getFirst();
    agree(EMBEDDING, vocab, "vocab_size");
    agree(EMBEDDING, hidden, "model.hidden_size", "hidden_size", "hidden_dim");
    int cond = 0;
    if (checkpoint.tensors().containsKey(CONDITION)) {
      cond = matrix(CONDITION).getFirst();
      agree(CONDITION, cond, "model.cond_dim", "cond_dim");
    }
    int blocks =
        (int)
            checkpoint.tensors().keySet().stream()
                .mapToInt(ReleasedNames::block)
                .filter(b -> b >= 0)
                .distinct()
                .count();
    requireAtMost("blocks", blocks, MAX_BLOCKS);
    agree("blocks", blocks, "model.n_blocks", "n_blocks");
    int length =
        stated
            .length()
            .or(() -> settings.integer("model.length", "model_length"))
            .orElseThrow(() -> silent("the length of its sequences", "--length"));
    requireAtMost("length", length, MAX_LENGTH);
    return new Sizes(
        hidden,
        cond,
        blocks,
        heads(hidden),
        length,
        vocab,
        settings.integer("mask_index"),
        settings.number("model.dropout", "dropout").orElse(0.1));
  }

  private void requireAtMost(String what, int n, int most) {
    if (n > most) {
      throw new IllegalArgumentException(
          "%s: %s %,d, allowed: at most %,d"
              .formatted(checkpoint.files().getFirst(), what, n, most));
    }
  }

  private List<Integer> matrix(String name) {
    Stored stored = checkpoint.tensors().get(name);
    if (stored == null) {
      List<String> some = checkpoint.tensors().keySet().stream().limit(3).toList();
      throw new IllegalArgumentException(
          "%s: no tensor %s, but %d others (%s, ...): a model of another architecture"
              .formatted(
                  checkpoint.files().getLast(),
                  name,
                  checkpoint.tensors().size(),
                  String.join(", ", some)));
    }
    if (stored.shape().size() != 2 || stored.shape().contains(0)) {
      throw new IllegalArgumentException(
          "%s: %s is %s, allowed: a matrix"
              .formatted(checkpoint.files().getLast(), name, stored.shape()));
    }
    return stored.shape();
  }

  private void agree(String tensor, int there, String... keys) {
    settings
        .integer(keys)
        .filter(said -> said != there)
        .ifPresent(
            said -> {
              Stored stored = checkpoint.tensors().get(tensor);
              throw new IllegalArgumentException(
                  "%s: %d, but there %s"
                      .formatted(
                          settings.nameOf(keys),
                          said,
                          stored == null
                              ? "are " + there + " " + tensor
                              : "is " + tensor + " " + stored.shape()));
            });
  }

  /** The rotary frequencies, where the file has them, are half as many as a head has units. */
  private int heads(int hidden) {
    Optional<Integer> rotary =
        checkpoint
            .buffer("rotary_emb.inv_freq")
            .map(Stored::shape)
            .filter(shape -> shape.size() == 1 && shape.getFirst() > 0)
            .map(shape -> hidden / (2 * shape.getFirst()));
    int heads =
        stated
            .heads()
            .or(() -> settings.integer("model.n_heads", "n_heads"))
            .or(() -> rotary)
            .orElseThrow(() -> silent("how many heads it has", "--heads"));
    if (rotary.isPresent() && rotary.get() != heads) {
      throw new IllegalArgumentException(
          "%s: %d, but the rotary frequencies are of %d heads"
              .formatted(settings.nameOf("model.n_heads", "n_heads"), heads, rotary.get()));
    }
    return heads;
  }

  private IllegalArgumentException silent(String what, String option) {
    return new IllegalArgumentException(
        "%s does not say %s, needed: %s".formatted(checkpoint.files().getFirst(), what, option));
  }
}
