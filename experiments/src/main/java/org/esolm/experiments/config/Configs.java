package org.esolm.experiments.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.esolm.io.AtomicFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * Configurations as records, read from YAML. Strict: an unknown key, a key given twice and a value
 * of another type are errors that name the place and what is allowed there. What a record's
 * constructor refuses reaches the caller with the constructor's own message.
 */
public final class Configs {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .annotationIntrospector(new NumbersAreRequired())
          .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
          .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
          .build();

  /** What cannot be null must be said; for all else the record decides what null means. */
  private static final class NumbersAreRequired extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
      return member.getRawType().isPrimitive()
          ? Boolean.TRUE
          : super.hasRequiredMarker(config, member);
    }
  }

  private Configs() {}

  /**
   * Reads a configuration that says everything itself.
   *
   * @param <T> the record
   * @param file YAML
   * @param overrides {@code a.b=value}, each put in the place of what the file says
   * @param type the record's class
   * @return the configuration
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is not what the record allows
   */
  public static <T> T read(Path file, List<String> overrides, Class<T> type) throws IOException {
    return bind(YAML.createObjectNode(), file, overrides, type);
  }

  /**
   * Reads a configuration: defaults, over them the file, over both the overrides.
   *
   * @param <T> the record
   * @param file YAML
   * @param overrides {@code a.b=value}
   * @param defaults what holds where nothing is said
   * @return the configuration
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is not what the record allows
   */
  public static <T> T read(Path file, List<String> overrides, T defaults) throws IOException {
    @SuppressWarnings("unchecked")
    Class<T> type = (Class<T>) defaults.getClass();
    return bind(YAML.valueToTree(defaults), file, overrides, type);
  }

  /**
   * Writes a configuration in full.
   *
   * @param config a record
   * @param file where to; replaced whole
   * @throws IOException if the file cannot be written
   */
  public static void write(Object config, Path file) throws IOException {
    AtomicFiles.write(file, toYaml(config));
  }

  /**
   * A configuration as text, every key in it.
   *
   * @param config a record
   * @return YAML
   */
  public static String toYaml(Object config) {
    return YAML.writeValueAsString(config);
  }

  private static <T> T bind(ObjectNode tree, Path file, List<String> overrides, Class<T> type)
      throws IOException {
    merge(tree, parse(file));
    Overrides.apply(tree, overrides, YAML);
    try {
      return YAML.treeToValue(tree, type);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          new BindingError(e, tree, type).message(file, overrides), e);
    }
  }

  private static ObjectNode parse(Path file) throws IOException {
    String text = Files.readString(file);
    try {
      JsonNode node = YAML.readTree(text);
      if (node.isMissingNode() || node.isNull()) {
        return YAML.createObjectNode();
      }
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new IllegalArgumentException(file + ": a list of 'key: value' lines is needed");
    } catch (JacksonException e) {
      var at = e.getLocation();
      String place = at == null ? "" : " line " + at.getLineNr();
      throw new IllegalArgumentException(
          "%s%s: not valid YAML: %s"
              .formatted(file, place, e.getOriginalMessage().lines().findFirst().orElse("")),
          e);
    }
  }

  /** What the second says goes over the first; objects are merged key by key, lists replaced. */
  private static void merge(ObjectNode into, ObjectNode from) {
    for (var entry : from.properties()) {
      if (into.get(entry.getKey()) instanceof ObjectNode below
          && entry.getValue() instanceof ObjectNode above) {
        merge(below, above);
      } else {
        into.set(entry.getKey(), entry.getValue());
      }
    }
  }
}
