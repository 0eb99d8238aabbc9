/**
 * Comparison with numbers dumped from a PyTorch model: a case is a folder with {@code case.json}
 * (kind, sizes, settings) and {@code tensors.safetensors} (weights, inputs, outputs, gradients),
 * under the names of the released checkpoints.
 */
package org.esolm.experiments.parity;
