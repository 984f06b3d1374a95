package org.w3id.cervicaloptions.official;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the profile claims ({@code meta.profile}) out of a resource, so that it is judged by R4 core alone; HAPI has no
 * setting that ignores claims.
 *
 * <p>The claims become blanks in the text instead of being dropped from a parsed tree: every line and column that the
 * validator names is then still the place in the file.
 */
final class ProfileClaims {

  private static final JsonFactory JSON = new JsonFactory();

  private final JsonParser parser;
  private final StringBuilder text;

  private ProfileClaims(JsonParser parser, String json) {
    this.parser = parser;
    this.text = new StringBuilder(json);
  }

  /**
   * Returns the same text with blanks for {@code meta.profile}, in contained and bundled resources too.
   *
   * @throws IOException if the text is not JSON
   */
  static String blankedIn(String json) throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      ProfileClaims claims = new ProfileClaims(parser, json);
      while (parser.nextToken() != null) {
        claims.value(false);
      }
      return claims.text.toString();
    }
  }

  /** Reads the value at the parser. True: it was a meta that held nothing but claims, and has to go as a whole. */
  private boolean value(boolean isMeta) throws IOException {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      return object(isMeta);
    }
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        value(false);
      }
    }
    parser.finishToken(); // a string is read lazily: without this its end is not yet known
    return false;
  }

  private boolean object(boolean isMeta) throws IOException {
    List<Member> members = new ArrayList<>();
    int claimed = -1; // which member has to go: the profile of a meta, or a meta left without members
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      int start = (int) parser.currentTokenLocation().getCharOffset();
      parser.nextToken();
      boolean emptied = value(name.equals("meta"));
      if (emptied || isMeta && name.equals("profile")) {
        claimed = members.size();
      }
      members.add(new Member(start, (int) parser.currentLocation().getCharOffset()));
    }
    if (claimed < 0) {
      return false;
    }
    if (members.size() == 1) {
      return isMeta; // FHIR knows no empty object
    }
    if (claimed + 1 < members.size()) {
      blank(members.get(claimed).start, members.get(claimed + 1).start);
    } else {
      blank(members.get(claimed - 1).end, members.get(claimed).end);
    }
    return false;
  }

  private void blank(int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) != '\n' && text.charAt(i) != '\r') {
        text.setCharAt(i, ' ');
      }
    }
  }

  /** Where a member of an object begins and ends in the text, without its comma. */
  private record Member(int start, int end) {}
}
