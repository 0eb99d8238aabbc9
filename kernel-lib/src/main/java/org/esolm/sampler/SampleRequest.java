package org.esolm.sampler;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What is to be drawn, for every system: {@code SampleRequest.of(16, 128).withSeed(7)}.
 *
 * @param count number of sequences, drawn together as one batch
 * @param length L, tokens a sequence
 * @param steps T, steps of the diffusion grid: of the whole sequence (MDLM, Eso-LM) or of each
 *     block (BD3-LM). Left to right and first-hitting decoding have no grid
 * @param seed all chance comes from it
 * @param temperature divides the logits; 0 takes the likeliest token
 * @param nucleus p of nucleus sampling: the smallest set of likeliest tokens with at least this
 *     mass is drawn from; 1 draws from all
 * @param given tokens known before the first step, -1 where free, [L]; null if none
 * @param firstSample index of the first sequence, for batches that continue one another
 * @param recordOrder whether {@link Samples#decodedAt} is wanted
 */
public record SampleRequest(
    int count,
    int length,
    int steps,
    long seed,
    double temperature,
    double nucleus,
    int[] given,
    long firstSample,
    boolean recordOrder) {

  /**
   * Checks every field.
   *
   * @throws IllegalArgumentException naming the field, its value and what is allowed
   */
  public SampleRequest {
    require(count >= 1, "count", count, "must be at least 1");
    require(length >= 1, "length", length, "must be at least 1");
    require(steps >= 1, "steps", steps, "must be at least 1");
    require(
        temperature >= 0 && temperature < Double.POSITIVE_INFINITY,
        "temperature",
        temperature,
        "must be finite and not negative");
    require(nucleus > 0 && nucleus <= 1, "nucleus", nucleus, "must be in (0, 1]");
    require(firstSample >= 0, "firstSample", firstSample, "must not be negative");
    if (given != null) {
      require(
          given.length == length,
          "given",
          given.length + " tokens",
          "must be as many as length, " + length + ", -1 where free");
      given = given.clone();
      for (int token : given) {
        require(token >= -1, "given", token, "must be a token, or -1 where free");
      }
    }
  }

  /**
   * A request with as many steps as tokens, seed 0, temperature 1, no nucleus, nothing given.
   *
   * @param count number of sequences
   * @param length L
   * @return the request
   */
  public static SampleRequest of(int count, int length) {
    return new SampleRequest(count, length, Math.max(1, length), 0, 1, 1, null, 0, false);
  }

  /**
   * The same with another grid.
   *
   * @param t number of steps
   * @return a new request
   */
  public SampleRequest withSteps(int t) {
    return new SampleRequest(
        count, length, t, seed, temperature, nucleus, given, firstSample, recordOrder);
  }

  /**
   * The same with another seed.
   *
   * @param s the seed
   * @return a new request
   */
  public SampleRequest withSeed(long s) {
    return new SampleRequest(
        count, length, steps, s, temperature, nucleus, given, firstSample, recordOrder);
  }

  /**
   * The same at another temperature.
   *
   * @param x the temperature
   * @return a new request
   */
  public SampleRequest withTemperature(double x) {
    return new SampleRequest(
        count, length, steps, seed, x, nucleus, given, firstSample, recordOrder);
  }

  /**
   * The same with another nucleus.
   *
   * @param p its mass
   * @return a new request
   */
  public SampleRequest withNucleus(double p) {
    return new SampleRequest(
        count, length, steps, seed, temperature, p, given, firstSample, recordOrder);
  }

  /**
   * The same with a prompt: its tokens stand at the beginning of every sequence.
   *
   * @param prompt at most L tokens
   * @return a new request
   */
  public SampleRequest withPrompt(int... prompt) {
    require(
        prompt.length <= length,
        "prompt",
        prompt.length + " tokens",
        "must be at most length, " + length);
    int[] tokens = new int[length];
    Arrays.fill(tokens, -1);
    System.arraycopy(prompt, 0, tokens, 0, prompt.length);
    return withGiven(tokens);
  }

  /**
   * The same with tokens known anywhere, for infilling.
   *
   * @param tokens -1 where free, [L]
   * @return a new request
   */
  public SampleRequest withGiven(int... tokens) {
    return new SampleRequest(
        count, length, steps, seed, temperature, nucleus, tokens, firstSample, recordOrder);
  }

  /**
   * The same for another part of the samples.
   *
   * @param first index of the first sequence
   * @param n number of sequences
   * @return a new request
   */
  public SampleRequest withBatch(long first, int n) {
    return new SampleRequest(
        n, length, steps, seed, temperature, nucleus, given, first, recordOrder);
  }

  /**
   * The same, with the steps recorded in which positions are drawn.
   *
   * @return a new request
   */
  public SampleRequest recordingOrder() {
    return new SampleRequest(
        count, length, steps, seed, temperature, nucleus, given, firstSample, true);
  }

  /**
   * Whether a token is given at a position.
   *
   * @param position index in the sequence
   * @return whether it is known before the first step
   */
  public boolean isGiven(int position) {
    return given != null && given[position] >= 0;
  }

  /**
   * The positions that are to be drawn.
   *
   * @return their indices, ascending
   */
  public int[] free() {
    return IntStream.range(0, length).filter(l -> !isGiven(l)).toArray();
  }

  private static void require(boolean ok, String field, Object value, String allowed) {
    if (!ok) {
      throw new IllegalArgumentException(field + ": " + value + ", " + allowed);
    }
  }
}
