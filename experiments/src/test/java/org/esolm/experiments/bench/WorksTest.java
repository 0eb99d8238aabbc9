package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class WorksTest {
  @Test
  void namesAreUnlikeAndTheQuickOnesAreAmongAll() {
    var names = Works.of("full", "").stream().map(Work::name).toList();
    assertThat(new HashSet<>(names)).hasSameSizeAs(names);
    assertThat(names)
        .containsAll(Works.of("quick", "").stream().map(Work::name).toList())
        .contains(
            "lab-train-ar",
            "tiny-train-eso",
            "tiny-sample16-bd3lm",
            "gpt2-sample1-eso-int8",
            "gpt2-sample16-bd3lm");
    assertThat(Works.of("full", "^tiny-train")).hasSize(4).allMatch(Work::training);
  }

  @Test
  void bothProgramsAreToldTheSame() {
    Work work = Works.of("full", "tiny-sample1-mdlm").getFirst();
    var json = JsonMapper.shared().readTree(work.json());
    assertThat(json.get("length").asInt()).isEqualTo(1024);
    assertThat(json.get("steps").asInt()).isEqualTo(32);
    assertThat(work.arguments())
        .startsWith("bench", "sample", "--json")
        .containsSequence("--steps", "32")
        .containsSequence("--block-size", "4");
  }

  @Test
  void onlyOurWeightsAreShortened() {
    Work f32 = Works.of("full", "gpt2-sample1-ar$").getFirst();
    Work bf16 = Works.of("full", "gpt2-sample1-ar-bf16$").getFirst();
    assertThat(bf16.arguments()).containsSequence("--weights", "bf16");
    assertThat(f32.arguments()).doesNotContain("--weights");
    assertThat(bf16.json()).isEqualTo(f32.json());
    assertThat(Bound.of(bf16, 128).bytes() / Bound.of(f32, 128).bytes()).isBetween(0.5, 0.53);
  }

  @Test
  void badChoicesSayWhatIsAllowed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Works.of("slow", ""))
        .withMessage("--profile: 'slow', must be quick or full");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Works.of("quick", "("))
        .withMessageContaining("must be a regular expression");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.named("huge"))
        .withMessageContaining("must be one of lab, tiny, odd, gpt2");
  }

  @Test
  void sizesOfTheGrowthAreThoseOfTheAxis() {
    for (Growth.Axis axis : Growth.AXES) {
      for (int value : axis.values()) {
        Work work = axis.work("eso", value);
        Object grown =
            switch (axis.name()) {
              case "width" -> work.keys().get("hidden");
              case "layers" -> work.keys().get("blocks");
              default -> work.keys().get(axis.name());
            };
        assertThat(grown).isEqualTo(value);
        assertThat(work.shape().hidden() % work.shape().heads()).isZero();
      }
    }
  }
}
