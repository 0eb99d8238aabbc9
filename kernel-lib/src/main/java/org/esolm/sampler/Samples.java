package org.esolm.sampler;

/**
 * A batch of drawn sequences and what they cost.
 *
 * @param tokens the sequences, [count][L]
 * @param nfe function evaluations of the batch
 * @param nfePerSample how many of them a sequence took part in, on average: those in which nothing
 *     of it changed, as the others of its batch went on, are not counted, so that this does not
 *     depend on the batch
 * @param seconds wall-clock time
 * @param decodedAt when asked for, the sampler's step, from 0, in which each position was drawn, -1
 *     where the token was given, [count][L]; else null
 */
public record Samples(
    int[][] tokens, int nfe, double nfePerSample, double seconds, int[][] decodedAt) {}
