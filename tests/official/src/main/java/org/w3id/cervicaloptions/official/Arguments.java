package org.w3id.cervicaloptions.official;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The command line, read. */
record Arguments(
    List<Path> definitions,
    List<Path> support,
    List<String> packages,
    List<Path> resources,
    boolean stripProfiles,
    boolean apart,
    int jobs,
    int repeat) {

  private static final String USAGE =
      "usage: Validate [--definitions DIR_OR_FILE]... [--support DIR_OR_FILE]... [--package NAME.tgz]...\n"
          + "                [--strip-profiles] [--apart] [--jobs N] [--repeat N] FILE_OR_DIR...";

  static Arguments from(String[] words) throws Misuse {
    List<Path> definitions = new ArrayList<>();
    List<Path> support = new ArrayList<>();
    List<String> packages = new ArrayList<>();
    List<Path> resources = new ArrayList<>();
    boolean stripProfiles = false;
    boolean apart = false;
    int jobs = 1;
    int repeat = 1;
    Iterator<String> rest = List.of(words).iterator();
    while (rest.hasNext()) {
      String word = rest.next();
      switch (word) {
        case "--definitions" -> definitions.add(Path.of(value(word, rest)));
        case "--support" -> support.add(Path.of(value(word, rest)));
        case "--package" -> packages.add(value(word, rest));
        case "--strip-profiles" -> stripProfiles = true;
        case "--apart" -> apart = true;
        case "--jobs" -> jobs = count(word, rest);
        case "--repeat" -> repeat = count(word, rest);
        default -> {
          if (word.startsWith("-")) {
            throw new Misuse("unknown option " + word + "\n" + USAGE);
          }
          resources.add(Path.of(word));
        }
      }
    }
    if (resources.isEmpty()) {
      throw new Misuse(USAGE);
    }
    return new Arguments(definitions, support, packages, resources, stripProfiles, apart, jobs, repeat);
  }

  private static String value(String option, Iterator<String> rest) throws Misuse {
    if (!rest.hasNext()) {
      throw new Misuse(option + " has no value\n" + USAGE);
    }
    return rest.next();
  }

  private static int count(String option, Iterator<String> rest) throws Misuse {
    String value = value(option, rest);
    if (!value.matches("[1-9][0-9]{0,3}")) {
      throw new Misuse(option + " " + value + " is no number from 1 to 9999\n" + USAGE);
    }
    return Integer.parseInt(value);
  }
}
