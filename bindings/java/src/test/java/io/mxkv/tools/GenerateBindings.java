package io.mxkv.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes {@code internal/Bindings.java} from C headers: one JNA direct-mapped method per listed function, one
 * callback interface per function type used by them.
 *
 * <p>The mapping favours speed over beauty, which is why no other package sees it: handles and addresses are
 * {@code long}, a pointer to one or more numbers is a Java array of that number, {@code const char *} is a String.
 */
public final class GenerateBindings {
  private static final Pattern CALLBACK =
      Pattern.compile("typedef\\s+void\\s*\\(\\s*\\*?\\s*(\\w+)\\s*\\)\\s*\\(([^)]*)\\)\\s*;");

  private GenerateBindings() {}

  /** The text of Bindings.java. */
  public static String generate(String headerText, String functionList) {
    String header = withoutComments(headerText);
    Map<String, String> callbacks = new LinkedHashMap<>();
    Matcher typedefs = CALLBACK.matcher(header);
    while (typedefs.find()) {
      callbacks.put(typedefs.group(1), typedefs.group(2));
    }
    StringBuilder interfaces = new StringBuilder();
    StringBuilder methods = new StringBuilder();
    List<String> declared = new ArrayList<>();
    for (String line : functionList.split("\n")) {
      String name = line.trim();
      if (name.isEmpty() || name.startsWith("#")) {
        continue;
      }
      Matcher prototype =
          Pattern.compile("(?:^|[;}\\n])\\s*([\\w ]+?[\\s*]+)" + name + "\\s*\\(([^;]*?)\\)\\s*;").matcher(header);
      if (!prototype.find()) {
        throw new IllegalStateException(name + ": not declared in the header");
      }
      String returned = prototype.group(1).contains("char") ? "String" : "int";
      List<String> parameters = new ArrayList<>();
      for (String parameter : split(prototype.group(2))) {
        String type = javaType(parameter, callbacks);
        if (callbacks.containsKey(type) && !declared.contains(type)) {
          declared.add(type);
          interfaces.append(callback(type, callbacks));
        }
        parameters.add(type + " " + camelCase(nameOf(parameter)));
      }
      methods.append(method(returned, name, parameters));
    }
    return "package io.mxkv.internal;\n\n"
        + "import com.sun.jna.Callback;\n"
        + "import com.sun.jna.Native;\n\n"
        + "/** Generated from the headers in include by GenerateBindings; do not edit. */\n"
        + "public final class Bindings {\n"
        + "  static {\n    Native.register(Bindings.class, Loader.library());\n  }\n\n"
        + "  private Bindings() {}\n"
        + interfaces
        + methods
        + "}\n";
  }

  private static String method(String returned, String name, List<String> parameters) {
    String oneLine = "  public static native " + returned + " " + name + "(" + String.join(", ", parameters) + ");\n";
    if (oneLine.length() <= 121) {
      return "\n" + oneLine;
    }
    return "\n  public static native " + returned + " " + name + "(\n      "
        + String.join(",\n      ", parameters) + ");\n";
  }

  private static String callback(String type, Map<String, String> callbacks) {
    List<String> parameters = new ArrayList<>();
    for (String parameter : split(callbacks.get(type))) {
      parameters.add(javaType(parameter, callbacks) + " " + camelCase(nameOf(parameter)));
    }
    return "\n  /** A function that the native library calls. */\n"
        + "  @FunctionalInterface\n"
        + "  public interface " + type + " extends Callback {\n"
        + "    void invoke(" + String.join(", ", parameters) + ");\n"
        + "  }\n";
  }

  /** Splits a parameter list at its commas; an empty list or {@code void} has no parameters. */
  private static List<String> split(String parameters) {
    List<String> list = new ArrayList<>();
    for (String parameter : parameters.split(",")) {
      String text = parameter.replaceAll("\\s+", " ").trim();
      if (!text.isEmpty() && !text.equals("void")) {
        list.add(text);
      }
    }
    return list;
  }

  private static String javaType(String parameter, Map<String, String> callbacks) {
    String type = typeOf(parameter);
    int stars = type.length() - type.replace("*", "").length();
    String base = type.replace("*", "").replaceAll("\\b(const|struct|enum)\\b", "").trim();
    for (String callback : callbacks.keySet()) {
      if (base.equals(callback)) {
        return callback;
      }
    }
    boolean handle = base.endsWith("Handle") || base.equals("AtomicSymbolCreator");
    if (stars == 0) {
      return handle || base.endsWith("int64_t") || base.equals("size_t") || base.equals("dim_t") ? "long" : number(base);
    }
    if (base.equals("char") && stars == 1) {
      return "String";
    }
    if (base.equals("char") && stars == 2) {
      // Either an array of strings handed in, built by hand in native memory, or the place of one string handed out.
      return parameter.matches(".*\\b(out|type|name|description|key_var_num_args|return_type|out_buf)$") ? "long[]" : "long";
    }
    if (base.equals("void") && stars == 1) {
      return "long";
    }
    if (handle || stars > 1 || base.equals("void")) {
      return "long[]";
    }
    return base.endsWith("int64_t") || base.equals("size_t") || base.equals("dim_t") ? "long[]" : number(base) + "[]";
  }

  private static String number(String base) {
    switch (base) {
      case "int":
      case "unsigned":
      case "unsigned int":
      case "uint32_t":
      case "int32_t":
      case "mx_uint":
        return "int";
      case "double":
        return "double";
      case "bool":
        return "byte";
      default:
        throw new IllegalStateException("no Java type for '" + base + "'");
    }
  }

  private static String typeOf(String parameter) {
    return parameter.substring(0, parameter.length() - nameOf(parameter).length()).trim();
  }

  private static String nameOf(String parameter) {
    Matcher name = Pattern.compile("(\\w+)$").matcher(parameter);
    if (!name.find()) {
      throw new IllegalStateException("parameter without a name: " + parameter);
    }
    return name.group(1);
  }

  private static String camelCase(String name) {
    StringBuilder java = new StringBuilder();
    for (String part : name.split("_")) {
      java.append(java.length() == 0 ? part : part.isEmpty() ? "" : Character.toUpperCase(part.charAt(0)) + part.substring(1));
    }
    return java.toString();
  }

  private static String withoutComments(String header) {
    return header
        .replaceAll("(?s)/\\*.*?\\*/", " ")
        .replaceAll("//[^\\n]*", " ")
        .replaceAll("(?m)^\\s*#.*$", ";")
        .replaceAll("MXNET_DEFAULT\\([^)]*\\)", " ");
  }
}
