package org.esolm.peer;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The configuration of a timing, by its keys; see {@link Peer}. */
record Sizes(
    String model,
    int hidden,
    int cond,
    int blocks,
    int heads,
    int length,
    int vocab,
    int batch,
    int blockSize,
    JsonNode all) {
  static Sizes of(JsonNode json) {
    String model = json.path("model").asString("");
    if (!model.matches("ar|mdlm|bd3lm|eso")) {
      throw new IllegalArgumentException("model: '" + model + "', must be ar, mdlm, bd3lm or eso");
    }
    return new Sizes(
        model,
        needed(json, "hidden"),
        model.equals("ar") ? 0 : needed(json, "cond"),
        needed(json, "blocks"),
        needed(json, "heads"),
        needed(json, "length"),
        needed(json, "vocab"),
        needed(json, "batch"),
        json.path("block_size").asInt(4),
        json);
  }

  private static int needed(JsonNode json, String key) {
    if (!json.path(key).isInt() || json.get(key).asInt() < 1) {
      throw new IllegalArgumentException(
          key + ": " + json.path(key) + ", must be a whole number of at least 1");
    }
    return json.get(key).asInt();
  }

  int maskIndex() {
    return vocab;
  }

  int number(String key, int otherwise) {
    return json(key).map(JsonNode::asInt).orElse(otherwise);
  }

  double number(String key, double otherwise) {
    return json(key).map(JsonNode::asDouble).orElse(otherwise);
  }

  private Optional<JsonNode> json(String key) {
    return Optional.ofNullable(all.get(key));
  }
}
