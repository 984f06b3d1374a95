package org.w3id.cervicaloptions.official;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.MetadataResource;

/**
 * The official FHIR validator over local files: what it finds goes to stdout, one JSON object a line.
 *
 * <p>It judges nothing itself. Whether a warning about an unknown code system is acceptable is the business of the test
 * that reads the lines; so this exits 0 whatever was found, and 2 only when it was asked for something impossible.
 *
 * <p>It never asks the network. A claimed profile that is not among the definitions is an error, not a download.
 */
public final class Validate {

  private static final String USAGE =
      "usage: Validate [--definitions DIR_OR_FILE]... [--support DIR_OR_FILE]... [--strip-profiles] FILE_OR_DIR...";

  private static final Set<String> DEFINITIONS = Set.of("StructureDefinition", "CodeSystem", "ValueSet");
  private static final Set<String> TERMINOLOGY = Set.of("CodeSystem", "ValueSet");

  /** HAPI 8.8.0 cannot make its snapshot (HAPI-0707): a claim of it would end in an exception, not in findings. */
  private static final Set<String> NO_SNAPSHOT =
      Set.of("http://hl7.org/fhir/uv/crmi/StructureDefinition/crmi-manifestlibrary");

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final FhirContext r4 = FhirContext.forR4();
  private final PrePopulatedValidationSupport known = new PrePopulatedValidationSupport(r4);
  private final PrintStream out;

  private int files;
  private int errors;
  private int warnings;

  private Validate(PrintStream out) {
    this.out = out;
  }

  /** Exit 0: it ran; 2: misuse. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ENGLISH); // the messages are translated, and the test compares them
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err); // HL7's classes print progress to stdout, which is ours alone
    int exit = 0;
    try {
      new Validate(out).run(Arguments.from(args));
    } catch (Misuse misuse) {
      System.err.println(misuse.getMessage());
      exit = 2;
    }
    out.flush();
    System.exit(exit);
  }

  private void run(Arguments arguments) throws Misuse {
    long start = System.nanoTime();
    List<Path> resources = jsonFiles(arguments.resources);
    if (resources.isEmpty()) {
      throw new Misuse("no JSON file in " + arguments.resources);
    }
    int learned = 0;
    for (Path place : arguments.definitions) {
      int here = learnAll(jsonFiles(List.of(place)), DEFINITIONS);
      if (here == 0) {
        throw new Misuse("no definition in " + place); // a mistyped place would weaken the test in silence
      }
      learned += here;
    }
    learned += learnAll(jsonFiles(arguments.support), TERMINOLOGY);
    for (Path file : resources) {
      try {
        learned += learn(file, TERMINOLOGY) ? 1 : 0;
      } catch (IOException | RuntimeException unreadable) {
        // no matter here: validating the file tells of it
      }
    }
    say("%d definitions known after %.1f s", learned, seconds(start));

    FhirValidator validator = validator();
    for (Path file : resources) {
      validate(file, validator, arguments.stripProfiles);
    }
    line("files", files, "errors", errors, "warnings", warnings);
    say("%d files, %d errors, %d warnings after %.1f s", files, errors, warnings, seconds(start));
  }

  /** What is named on the command line comes before HAPI's own copies: the claims mean these versions. */
  private FhirValidator validator() {
    ValidationSupportChain chain = // caches what it looks up: each snapshot is made once
        new ValidationSupportChain(
            known,
            new DefaultProfileValidationSupport(r4),
            new CommonCodeSystemsTerminologyService(r4),
            new InMemoryTerminologyServerValidationSupport(r4),
            new SnapshotGeneratingValidationSupport(r4));
    FhirInstanceValidator rules = new FhirInstanceValidator(chain);
    rules.setErrorForUnknownProfiles(true);
    return r4.newValidator().registerValidatorModule(rules);
  }

  /** As {@link #learn} for each; how many were taken up. */
  private int learnAll(List<Path> candidates, Set<String> types) throws Misuse {
    int learned = 0;
    for (Path file : candidates) {
      try {
        learned += learn(file, types) ? 1 : 0;
      } catch (IOException | RuntimeException problem) { // passing it over would pass over its rules
        throw new Misuse("cannot read the definition " + file + ": " + problem);
      }
    }
    return learned;
  }

  /** Makes a resource known to the validator if it is of one of these types; any other file is passed over. */
  private boolean learn(Path file, Set<String> types) throws IOException {
    String text = Files.readString(file);
    if (!types.contains(JSON.readTree(text).path("resourceType").asText())) {
      return false;
    }
    MetadataResource resource = (MetadataResource) r4.newJsonParser().parseResource(text);
    if (NO_SNAPSHOT.contains(resource.getUrl())) {
      say("left out, HAPI cannot make its snapshot: %s", file);
      return false;
    }
    known.addResource(resource);
    return true;
  }

  private void validate(Path file, FhirValidator validator, boolean stripProfiles) {
    files++;
    try {
      String text = Files.readString(file);
      JSON.readTree(text); // HAPI would take XML as well, and names no line in broken JSON
      if (stripProfiles) {
        text = ProfileClaims.blankedIn(text);
      }
      for (SingleValidationMessage found : validator.validateWithResult(text).getMessages()) {
        issue(
            file,
            found.getSeverity().getCode(),
            found.getLocationString(),
            found.getLocationLine(),
            found.getLocationCol(),
            found.getMessage(),
            found.getMessageId());
      }
    } catch (JsonProcessingException problem) {
      JsonLocation where = problem.getLocation();
      issue(file, "fatal", null, where.getLineNr(), where.getColumnNr(), problem.getOriginalMessage(), null);
    } catch (IOException | RuntimeException problem) { // not UTF-8, not FHIR: a finding, not the end of the run
      issue(file, "fatal", null, null, null, problem.toString(), null);
    }
  }

  private void issue(
      Path file, String severity, String path, Integer line, Integer column, String message, String id) {
    switch (severity) {
      case "fatal", "error" -> errors++;
      case "warning" -> warnings++;
      default -> {} // information is told, not counted
    }
    line(
        "file", file.toString(), "severity", severity, "path", path, "line", line, "column", column,
        "message", message, "id", id);
  }

  private void line(Object... namesAndValues) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      members.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    out.println(JSON.<JsonNode>valueToTree(members));
  }

  /** The files named, and the JSON files under the folders named; in one order on every machine. */
  private static List<Path> jsonFiles(List<Path> places) throws Misuse {
    List<Path> found = new ArrayList<>();
    for (Path place : places) {
      if (!Files.exists(place)) {
        throw new Misuse("no such file or folder: " + place);
      }
      if (!Files.isDirectory(place)) {
        found.add(place);
        continue;
      }
      try (Stream<Path> tree = Files.walk(place)) {
        tree.filter(file -> file.toString().endsWith(".json") && Files.isRegularFile(file)).sorted().forEach(found::add);
      } catch (IOException | RuntimeException problem) {
        throw new Misuse("cannot read " + place + ": " + problem);
      }
    }
    return found;
  }

  private static void say(String format, Object... values) {
    System.err.println(String.format(format, values));
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  /** The command line, read. */
  private record Arguments(
      List<Path> definitions, List<Path> support, List<Path> resources, boolean stripProfiles) {

    static Arguments from(String[] words) throws Misuse {
      List<Path> definitions = new ArrayList<>();
      List<Path> support = new ArrayList<>();
      List<Path> resources = new ArrayList<>();
      boolean stripProfiles = false;
      Iterator<String> rest = List.of(words).iterator();
      while (rest.hasNext()) {
        String word = rest.next();
        switch (word) {
          case "--definitions" -> definitions.add(place(word, rest));
          case "--support" -> support.add(place(word, rest));
          case "--strip-profiles" -> stripProfiles = true;
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
      return new Arguments(definitions, support, resources, stripProfiles);
    }

    private static Path place(String option, Iterator<String> rest) throws Misuse {
      if (!rest.hasNext()) {
        throw new Misuse(option + " names no place\n" + USAGE);
      }
      return Path.of(rest.next());
    }
  }

  /** Asked for something that cannot be done. */
  private static final class Misuse extends Exception {
    private static final long serialVersionUID = 1L;

    Misuse(String message) {
      super(message);
    }
  }
}
