package org.esolm.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.system.SystemConfig;

/** Finds out which system a checkpoint is of. */
final class SystemReader {
  /** In names such as {@code Eso-LM-B-alpha-0_25} and {@code esolmb-alpha0-0d125-250k.ckpt}. */
  private static final Pattern ALPHA0 = Pattern.compile("alpha0?[-_]([01])(?:[_d.](\\d+))?");

  private final Checkpoint checkpoint;
  private final Settings settings;
  private final Stated stated;
  private final List<String> notes;

  SystemReader(Checkpoint checkpoint, Stated stated, List<String> notes) {
    this.checkpoint = checkpoint;
    settings = checkpoint.settings();
    this.stated = stated;
    this.notes = notes;
  }

  SystemConfig read() {
    String name = name();
    if (settings.flag("algo.time_conditioning", "time_conditioning").orElse(false)) {
      throw new IllegalArgumentException(
          settings.nameOf("algo.time_conditioning", "time_conditioning")
              + ": true, allowed: false (networks here are not told the time)");
    }
    boolean lowVariance =
        settings.text("algo.loss_type", "loss_type").equals(Optional.of("low_var"));
    return switch (name) {
      case "ar" -> new SystemConfig(name, null, null, null, prepend(), null, null, null);
      case "mdlm" -> new SystemConfig(name, null, null, null, null, lowVariance, null, null);
      case "bd3lm" ->
          new SystemConfig(
              name,
              null,
              null,
              blockSize(),
              null,
              null,
              settings.flag("algo.ignore_bos", "ignore_bos").orElse(true),
              null);
      default ->
          new SystemConfig(
              name,
              alpha0(),
              settings.number("algo.batch_split", "batch_split").orElse(null),
              null,
              null,
              lowVariance,
              null,
              variant());
    };
  }

  private String name() {
    if (stated.system().isPresent()) {
      return stated.system().get();
    }
    String[] keys = {"algo.name", "model_type", "parameterization"};
    Optional<String> said = settings.text(keys);
    if (said.isEmpty()) {
      if (!checkpoint.tensors().containsKey("sigma_map.mlp.0.weight")) {
        notes.add("system: ar, as it has no AdaLN");
        return "ar";
      }
      throw new IllegalArgumentException(
          "%s does not say which system it is, needed: --system %s"
              .formatted(checkpoint.files().getFirst(), String.join("|", SystemConfig.NAMES)));
    }
    return switch (said.get().toLowerCase(Locale.ROOT)) {
      case "ar" -> "ar";
      case "mdlm", "subs" -> "mdlm";
      case "bd3lm" -> "bd3lm";
      case "esolm", "eso" -> "eso";
      default ->
          throw new IllegalArgumentException(
              "%s: '%s', known are ar, mdlm, bd3lm and esolm; --system states it otherwise"
                  .formatted(settings.nameOf(keys), said.get()));
    };
  }

  private Prepend prepend() {
    String[] keys = {"algo.prepend_token", "prepend_token"};
    String said = settings.text(keys).orElse("none");
    return switch (said) {
      case "none" -> Prepend.NONE;
      case "bos" -> Prepend.BOS;
      case "mask" -> Prepend.MASK;
      default ->
          throw new IllegalArgumentException(
              "%s: '%s', allowed: none, bos, mask".formatted(settings.nameOf(keys), said));
    };
  }

  private int blockSize() {
    return stated
        .blockSize()
        .or(() -> settings.integer("algo.block_size", "block_size"))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    checkpoint.files().getFirst()
                        + " does not say its block size, needed: --block-size"));
  }

  private Variant variant() {
    String[] keys = {"algo.diffusion_attn_mode", "diffusion_attn_mode"};
    String said = settings.text(keys).orElse("causal");
    return switch (said) {
      case "causal" -> Variant.ESO;
      case "mixed2" -> Variant.A;
      default ->
          throw new IllegalArgumentException(
              "%s: '%s', allowed: causal, mixed2".formatted(settings.nameOf(keys), said));
    };
  }

  /** The released config.json does not say it, the releases' names do. */
  private double alpha0() {
    Optional<Double> said = stated.alpha0().or(() -> settings.number("algo.alpha_0", "alpha_0"));
    if (said.isPresent()) {
      return said.get();
    }
    String names =
        settings.text("_name_or_path").orElse("")
            + " "
            + checkpoint.files().getLast().toAbsolutePath();
    Matcher m = ALPHA0.matcher(names);
    if (m.find()) {
      double alpha0 =
          Double.parseDouble(m.group(1) + "." + (m.group(2) == null ? "0" : m.group(2)));
      notes.add("alpha_0: %s, from the name '%s'; --alpha0 states it".formatted(alpha0, m.group()));
      return alpha0;
    }
    notes.add("alpha_0: 1, as nothing says it; --alpha0 states it");
    return 1;
  }
}
