package org.esolm.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The names of tensors in checkpoints. What Lightning, {@code torch.compile} and data-parallel
 * training put before or into a name is taken away; buffers that hold no weights are known.
 */
final class ReleasedNames {
  private static final Pattern BLOCK = Pattern.compile("(blocks\\.)(\\d{1,6})(\\..*)");

  /** Buffers of the released code: rotary frequencies, noise schedules, metrics, time limits. */
  private static final Pattern BUFFER =
      Pattern.compile(
          "(.*\\.)?rotary_emb\\.(inv_freq|cos_cached|sin_cached)"
              + "|(noise|metrics|\\w+_metrics?)\\..*"
              + "|sampling_eps_(min|max)|block_diff_mask|mask_index");

  private ReleasedNames() {}

  /**
   * The name as the transformer has it.
   *
   * @param stored name in the file
   * @return for instance {@code blocks.0.attn_qkv.weight}
   */
  static String canonical(String stored) {
    String name = stored.replace("_orig_mod.", "");
    for (String before = ""; !before.equals(name); ) {
      before = name;
      name = name.replaceFirst("^(module|model|backbone)\\.", "");
    }
    return name;
  }

  /** Whether a tensor may be left out, as it holds no weights. */
  static boolean isBuffer(String canonical) {
    return BUFFER.matcher(canonical).matches();
  }

  /** The number of a block, -1 if the name is not of a block. */
  static int block(String canonical) {
    Matcher m = BLOCK.matcher(canonical);
    return m.matches() ? Integer.parseInt(m.group(2)) : -1;
  }

  /**
   * Every name, those that differ only in the number of their block together.
   *
   * @param names canonical names
   * @return for instance {@code blocks.{0-11}.norm1.weight, output_layer.linear.bias}
   */
  static String all(List<String> names) {
    SequencedMap<String, List<Integer>> blocks = new TreeMap<>();
    Function<String, String> pattern = n -> BLOCK.matcher(n).replaceFirst("$1\0$3");
    for (String name : names) {
      blocks.computeIfAbsent(pattern.apply(name), p -> new ArrayList<>()).add(block(name));
    }
    return blocks.entrySet().stream()
        .map(e -> e.getKey().replace("\0", ranges(e.getValue())))
        .collect(Collectors.joining(", "));
  }

  private static String ranges(List<Integer> numbers) {
    List<Integer> sorted = numbers.stream().sorted().toList();
    List<String> ranges = new ArrayList<>();
    for (int i = 0, end; i < sorted.size(); i = end) {
      end = i + 1;
      while (end < sorted.size() && sorted.get(end) == sorted.get(end - 1) + 1) {
        end++;
      }
      int from = sorted.get(i);
      int to = sorted.get(end - 1);
      ranges.add(from == to ? "" + from : from + "-" + to);
    }
    return numbers.size() == 1 ? ranges.getFirst() : "{" + String.join(",", ranges) + "}";
  }
}
