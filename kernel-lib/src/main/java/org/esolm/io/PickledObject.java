package org.esolm.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stands for an object of a Python class that is known by name only: nothing of the class is
 * run, what the pickle says of the object is kept.
 */
public final class PickledObject {
  private final String type;
  private final List<Object> items = new ArrayList<>();
  private final Map<Object, Object> entries = new LinkedHashMap<>();
  private Object state;

  PickledObject(String type) {
    this.type = type;
  }

  /**
   * The class.
   *
   * @return module and name, such as {@code omegaconf.dictconfig.DictConfig}
   */
  public String type() {
    return type;
  }

  /**
   * The object's attributes.
   *
   * @return mostly a map; null if the pickle gives none
   */
  public Object state() {
    return state;
  }

  /**
   * What was put into it, if it is a kind of dictionary.
   *
   * @return keys and values in their order
   */
  public Map<Object, Object> entries() {
    return entries;
  }

  /**
   * What was put into it, if it is a kind of list.
   *
   * @return in its order
   */
  public List<Object> items() {
    return items;
  }

  void setState(Object state) {
    this.state = state;
  }

  @Override
  public String toString() {
    return type;
  }
}
