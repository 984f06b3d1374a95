package org.w3id.cervicaloptions.server;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** The status that HAPI means, at /cds-services too: its own controller leaves each fault a 500. */
@RestControllerAdvice
class Errors {

  @ExceptionHandler(BaseServerResponseException.class)
  ResponseEntity<Map<String, String>> answer(BaseServerResponseException fault) {
    return ResponseEntity.status(fault.getStatusCode()).body(Map.of("error", String.valueOf(fault.getMessage())));
  }
}
