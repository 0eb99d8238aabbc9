package org.esolm.system;

import java.util.List;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.model.DecoderWeights;
import org.esolm.model.ModelConfig;
import org.esolm.model.Transformer;
import org.esolm.objective.ArObjective;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.BlockDiffusionObjective;
import org.esolm.objective.EsoLmObjective;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.objective.MdlmObjective;
import org.esolm.objective.Objective;
import org.esolm.sampler.ArDenoiser;
import org.esolm.sampler.ArSampler;
import org.esolm.sampler.BlockDenoiser;
import org.esolm.sampler.BlockSampler;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.EsoADenoiser;
import org.esolm.sampler.EsoDenoiser;
import org.esolm.sampler.EsoSampler;
import org.esolm.sampler.MdlmDenoiser;
import org.esolm.sampler.MdlmSampler;
import org.esolm.sampler.Sampler;
import org.esolm.tensor.Workers;

/**
 * Which system, with the settings that only it has.
 *
 * @param name one of {@link #NAMES}
 * @param alpha0 Eso-LM: expected share of tokens denoised by diffusion, in [0, 1]; null for 1
 * @param kappa Eso-LM: share of a training batch that gets the diffusion loss; null for 1/2, as in
 *     the paper
 * @param blockSize BD3-LM: tokens a block, S, a divisor of the length; null for 4
 * @param prepend AR: what stands before the first token; null for the mask token. The token that
 *     begins text is the vocabulary's ({@link ModelConfig#bosIndex})
 * @param lowVariance MDLM, and Eso-LM at alpha0 = 1: masked tokens cost 1 each in training; null
 *     for no
 * @param firstGiven BD3-LM: position 0 is never masked, as in the released code, where the token
 *     that begins text stands there; null for no, as texts here are cut anywhere
 * @param variant Eso-LM: the paper's system or its ablation (A); null for the paper's
 */
public record SystemConfig(
    String name,
    Double alpha0,
    Double kappa,
    Integer blockSize,
    Prepend prepend,
    Boolean lowVariance,
    Boolean firstGiven,
    Variant variant) {
  /** The systems that there are. */
  public static final List<String> NAMES = List.of("ar", "mdlm", "bd3lm", "eso");

  /** Fills in defaults and checks every field. */
  public SystemConfig {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "system: '" + name + "', must be one of " + String.join(", ", NAMES));
    }
    alpha0 = alpha0 == null ? Double.valueOf(1) : alpha0;
    kappa = kappa == null ? Double.valueOf(0.5) : kappa;
    blockSize = blockSize == null ? Integer.valueOf(4) : blockSize;
    prepend = prepend == null ? Prepend.MASK : prepend;
    lowVariance = lowVariance == null ? Boolean.FALSE : lowVariance;
    firstGiven = firstGiven == null ? Boolean.FALSE : firstGiven;
    variant = variant == null ? Variant.ESO : variant;
    if (variant == Variant.A && !name.equals("eso")) {
      throw new IllegalArgumentException(
          "variant: A, is only for eso, not for " + name + ", allowed there: none");
    }
    new NoiseSchedule(alpha0);
    new EsoLmObjective(0, new NoiseSchedule(1), kappa, false, Variant.ESO);
    new BlockDiffusionObjective(0, blockSize);
  }

  /**
   * A system with its defaults.
   *
   * @param name one of {@link #NAMES}
   * @return the configuration
   */
  public static SystemConfig of(String name) {
    return new SystemConfig(name, null, null, null, null, null, null, null);
  }

  /**
   * An Eso-LM.
   *
   * @param alpha0 expected share of tokens denoised by diffusion
   * @return the configuration
   */
  public static SystemConfig eso(double alpha0) {
    return new SystemConfig("eso", alpha0, null, null, null, null, null, null);
  }

  /**
   * An Eso-LM (A), the ablation of appendix D.
   *
   * @param alpha0 expected share of tokens denoised by diffusion
   * @return the configuration
   */
  public static SystemConfig esoA(double alpha0) {
    return new SystemConfig("eso", alpha0, null, null, null, null, null, Variant.A);
  }

  /**
   * A block diffusion.
   *
   * @param blockSize S
   * @return the configuration
   */
  public static SystemConfig blocks(int blockSize) {
    return new SystemConfig("bd3lm", null, null, blockSize, null, null, null, null);
  }

  /**
   * Left to right.
   *
   * @return the configuration
   */
  public static SystemConfig ar() {
    return of("ar");
  }

  /**
   * A masked diffusion.
   *
   * @return the configuration
   */
  public static SystemConfig mdlm() {
    return of("mdlm");
  }

  /**
   * The same, trained with a cost of 1 for each masked token, which is no bound but varies less.
   *
   * @return a new configuration
   */
  public SystemConfig withLowVariance() {
    return new SystemConfig(name, alpha0, kappa, blockSize, prepend, true, firstGiven, variant);
  }

  /**
   * Whether the transformer has AdaLN: all but the AR baseline.
   *
   * @return whether a conditioning size is used
   */
  public boolean adaLn() {
    return !name.equals("ar");
  }

  /**
   * Whether the first token of a text is given and not drawn: in the released code the token that
   * begins text stands there.
   *
   * @return whether samples begin with that token unless something else is given
   */
  public boolean startsGiven() {
    return name.equals("bd3lm") && firstGiven || name.equals("ar") && prepend == Prepend.NONE;
  }

  /**
   * The name of the system in tables and plots, without its settings.
   *
   * @return the name; {@code eso-a} for the ablation
   */
  public String family() {
    return variant == Variant.A ? "eso-a" : name;
  }

  /**
   * The name in tables and plots, with the setting that tells systems of one name apart.
   *
   * @return for instance {@code eso 0.25}, {@code eso-a 0.25} or {@code bd3lm 4}
   */
  public String label() {
    return switch (name) {
      case "eso" ->
          family()
              + " "
              + (alpha0 % 1 == 0 ? Long.toString(alpha0.longValue()) : alpha0.toString());
      case "bd3lm" -> "bd3lm " + blockSize;
      default -> name;
    };
  }

  /**
   * Checks what depends on the sizes.
   *
   * @param model the transformer's sizes
   * @throws IllegalArgumentException if a block size does not divide the length
   */
  public void requireFits(ModelConfig model) {
    if (name.equals("bd3lm")) {
      BlockDiffusionObjective.requireDivides(model.length(), blockSize);
    }
  }

  /**
   * What it learns.
   *
   * @param model the transformer's sizes
   * @return the objective
   */
  public Objective objective(ModelConfig model) {
    int mask = model.maskIndex();
    return switch (name) {
      case "ar" -> new ArObjective(prepend, prepended(model));
      case "mdlm" -> new MdlmObjective(mask, lowVariance);
      case "bd3lm" -> new BlockDiffusionObjective(mask, blockSize, firstGiven);
      default -> new EsoLmObjective(mask, new NoiseSchedule(alpha0), kappa, lowVariance, variant);
    };
  }

  private int prepended(ModelConfig model) {
    if (prepend == Prepend.BOS && model.bosIndex() < 0) {
      throw new IllegalArgumentException(
          "prepend: bos, but the vocabulary has no token that begins text, allowed: none, mask");
    }
    return prepend == Prepend.BOS ? model.bosIndex() : model.maskIndex();
  }

  /**
   * How it answers while sampling.
   *
   * @param network the trained network, of which a copy is asked
   * @param workers the threads that compute
   * @return the denoiser
   */
  public Denoiser denoiser(Transformer network, Workers workers) {
    return denoiser(DecoderWeights.of(network.weights(), workers), workers);
  }

  /**
   * How it answers while sampling.
   *
   * @param weights the trained network
   * @param workers the threads that compute
   * @return the denoiser
   */
  public Denoiser denoiser(DecoderWeights weights, Workers workers) {
    return switch (name) {
      case "ar" -> new ArDenoiser(weights, workers, prepend, prepended(weights.config()));
      case "mdlm" -> new MdlmDenoiser(weights, workers);
      case "bd3lm" -> new BlockDenoiser(weights, workers, blockSize);
      default ->
          variant == Variant.A
              ? new EsoADenoiser(weights, workers)
              : new EsoDenoiser(weights, workers);
    };
  }

  /**
   * How it samples.
   *
   * @param evalAlpha0 Eso-LM: the alpha_0 of sampling, which may differ from that of training; null
   *     for the same
   * @param firstHitting MDLM, BD3-LM and Eso-LM: one token an evaluation
   * @return the sampler
   */
  public Sampler sampler(Double evalAlpha0, boolean firstHitting) {
    return switch (name) {
      case "ar" -> new ArSampler();
      case "mdlm" -> new MdlmSampler(firstHitting);
      case "bd3lm" -> new BlockSampler(blockSize, firstHitting);
      default -> new EsoSampler(evalAlpha0 == null ? alpha0 : evalAlpha0, firstHitting);
    };
  }
}
