package org.esolm.model;

import org.esolm.tensor.Tensor;

/**
 * The tensors of one block, found once: looking one up by its name would put a string together, and
 * a step allocates nothing.
 *
 * @param norm1 [d]
 * @param qkv [3d, d]
 * @param out [d, d]
 * @param norm2 [d]
 * @param upWeight [4d, d]
 * @param upBias [4d]
 * @param downWeight [d, 4d]
 * @param downBias [d]
 * @param adaLnWeight [6d, condDim], null without AdaLN
 * @param adaLnBias [6d], null without AdaLN
 */
record BlockParameters(
    Tensor norm1,
    Tensor qkv,
    Tensor out,
    Tensor norm2,
    Tensor upWeight,
    Tensor upBias,
    Tensor downWeight,
    Tensor downBias,
    Tensor adaLnWeight,
    Tensor adaLnBias) {

  static BlockParameters of(Parameters parameters, int index) {
    var named = parameters.named();
    String p = "blocks." + index + ".";
    return new BlockParameters(
        named.get(p + "norm1.weight"),
        named.get(p + "attn_qkv.weight"),
        named.get(p + "attn_out.weight"),
        named.get(p + "norm2.weight"),
        named.get(p + "mlp.0.weight"),
        named.get(p + "mlp.0.bias"),
        named.get(p + "mlp.2.weight"),
        named.get(p + "mlp.2.bias"),
        named.get(p + "adaLN_modulation.weight"),
        named.get(p + "adaLN_modulation.bias"));
  }
}
