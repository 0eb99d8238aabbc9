package org.esolm.train;

import java.util.OptionalDouble;

/**
 * What happened in a step.
 *
 * @param step steps done
 * @param steps steps to do
 * @param loss of the step's batch, nats a token
 * @param gradientNorm before clipping
 * @param learningRate of the step
 * @param tokensPerSecond clean tokens trained on since the loop began
 * @param validation bound on held-out text under the averaged weights, nats a token, if it was
 *     measured
 */
public record TrainEvent(
    long step,
    long steps,
    double loss,
    double gradientNorm,
    double learningRate,
    double tokensPerSecond,
    OptionalDouble validation) {}
