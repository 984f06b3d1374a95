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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.NpmPackageValidationSupport;
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

  private static final Set<String> DEFINITIONS = Set.of("StructureDefinition", "CodeSystem", "ValueSet");
  private static final Set<String> TERMINOLOGY = Set.of("CodeSystem", "ValueSet");

  /** HAPI 8.8.0 cannot make its snapshot (HAPI-0707): a claim of it would end in an exception, not in findings. */
  private static final Set<String> NO_SNAPSHOT =
      Set.of("http://hl7.org/fhir/uv/crmi/StructureDefinition/crmi-manifestlibrary");

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final FhirContext r4 = FhirContext.forR4();
  private final PrePopulatedValidationSupport known = new PrePopulatedValidationSupport(r4);
  private final NpmPackageValidationSupport packages = new NpmPackageValidationSupport(r4);
  private final PrintStream out;

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
    List<Path> resources = jsonFiles(arguments.resources());
    if (resources.isEmpty()) {
      throw new Misuse("no JSON file in " + arguments.resources());
    }
    int learned = 0;
    for (Path place : arguments.definitions()) {
      int here = learnAll(jsonFiles(List.of(place)), DEFINITIONS);
      if (here == 0) {
        throw new Misuse("no definition in " + place); // a mistyped place would weaken the test in silence
      }
      learned += here;
    }
    learned += learnAll(jsonFiles(arguments.support()), TERMINOLOGY);
    for (String name : arguments.packages()) {
      loadPackage(name);
    }
    if (!arguments.apart()) {
      learned += learnReadable(resources);
    }
    say("%d definitions known after %.1f s", learned, seconds(start));

    FhirValidator validator = validator();
    List<Double> passes = new ArrayList<>();
    for (int pass = 0; pass < arguments.repeat(); pass++) {
      long began = System.nanoTime();
      List<List<Finding>> found = validated(resources, validator, arguments);
      passes.add(seconds(began));
      if (pass == 0) {
        found.forEach(findings -> findings.forEach(this::tell));
      }
    }
    line("files", resources.size(), "errors", errors, "warnings", warnings, "passes", passes);
    say("%d files, %d errors, %d warnings after %.1f s", resources.size(), errors, warnings, seconds(start));
  }

  /**
   * The findings of each file, in the order of the files. The pool is the run's own: in the common one the calling
   * thread works as well, which makes one more than was asked for.
   */
  private List<List<Finding>> validated(List<Path> resources, FhirValidator validator, Arguments arguments) {
    ForkJoinPool pool = new ForkJoinPool(arguments.jobs());
    try {
      return pool.submit(
              () ->
                  resources.parallelStream()
                      .map(file -> validated(file, validator, arguments.stripProfiles()))
                      .toList())
          .join();
    } finally {
      pool.shutdown();
    }
  }

  /** What is named on the command line comes before HAPI's own copies: the claims mean these versions. */
  private FhirValidator validator() {
    ValidationSupportChain chain = // caches what it looks up: each snapshot is made once
        new ValidationSupportChain(
            known,
            packages,
            new DefaultProfileValidationSupport(r4),
            new CommonCodeSystemsTerminologyService(r4),
            new InMemoryTerminologyServerValidationSupport(r4),
            new SnapshotGeneratingValidationSupport(r4));
    FhirInstanceValidator rules = new FhirInstanceValidator(chain);
    rules.setErrorForUnknownProfiles(true);
    return r4.newValidator().registerValidatorModule(rules);
  }

  /** HAPI's own way to take a FHIR package; it finds them on the classpath alone. */
  private void loadPackage(String name) throws Misuse {
    try {
      packages.loadPackageFromClasspath("classpath:" + name);
    } catch (IOException | RuntimeException problem) {
      throw new Misuse("cannot load the package " + name + " from the classpath: " + problem);
    }
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

  /** As {@link #learnAll} for the files to validate: what cannot be read is told when it is validated. */
  private int learnReadable(List<Path> resources) {
    int learned = 0;
    for (Path file : resources) {
      try {
        learned += learn(file, TERMINOLOGY) ? 1 : 0;
      } catch (IOException | RuntimeException unreadable) {
        // no matter here
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

  /** What the validator says of one file. It is asked from several threads, as a server would ask it. */
  private static List<Finding> validated(Path file, FhirValidator validator, boolean stripProfiles) {
    try {
      String text = Files.readString(file);
      JSON.readTree(text); // HAPI would take XML as well, and names no line in broken JSON
      if (stripProfiles) {
        text = ProfileClaims.blankedIn(text);
      }
      return validator.validateWithResult(text).getMessages().stream().map(found -> Finding.of(file, found)).toList();
    } catch (JsonProcessingException problem) {
      JsonLocation where = problem.getLocation();
      return List.of(Finding.fatal(file, where.getLineNr(), where.getColumnNr(), problem.getOriginalMessage()));
    } catch (IOException | RuntimeException problem) { // not UTF-8, not FHIR: a finding, not the end of the run
      return List.of(Finding.fatal(file, null, null, problem.toString()));
    }
  }

  private void tell(Finding found) {
    switch (found.severity) {
      case "fatal", "error" -> errors++;
      case "warning" -> warnings++;
      default -> {} // information is told, not counted
    }
    line(
        "file", found.file.toString(), "severity", found.severity, "path", found.path, "line", found.line,
        "column", found.column, "message", found.message, "id", found.id);
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

  /** One finding, as a line of the output has it. */
  private record Finding(
      Path file, String severity, String path, Integer line, Integer column, String message, String id) {

    static Finding of(Path file, SingleValidationMessage found) {
      return new Finding(
          file,
          found.getSeverity().getCode(),
          found.getLocationString(),
          found.getLocationLine(),
          found.getLocationCol(),
          found.getMessage(),
          found.getMessageId());
    }

    static Finding fatal(Path file, Integer line, Integer column, String message) {
      return new Finding(file, "fatal", null, line, column, message, null);
    }
  }
}
