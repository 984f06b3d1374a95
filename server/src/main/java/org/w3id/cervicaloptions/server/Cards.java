package org.w3id.cervicaloptions.server;

import ca.uhn.fhir.context.FhirVersionEnum;
import ca.uhn.hapi.fhir.cdshooks.api.ICdsHooksDaoAuthorizationSvc;
import ca.uhn.hapi.fhir.cdshooks.api.ICdsServiceRegistry;
import ca.uhn.hapi.fhir.cdshooks.controller.CdsHooksController;
import ca.uhn.hapi.fhir.cdshooks.svc.CdsHooksContextBooter;
import java.util.Optional;
import org.opencds.cqf.fhir.cr.hapi.cdshooks.CdsCrServiceRegistry;
import org.opencds.cqf.fhir.cr.hapi.cdshooks.ICdsCrService;
import org.opencds.cqf.fhir.cr.hapi.cdshooks.ICdsCrServiceRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/** CDS Hooks: each PlanDefinition with a named event is a service. */
@Configuration
class Cards {

  /** Services come from PlanDefinitions alone, none from Java. */
  @Bean
  CdsHooksContextBooter cdsHooksContextBooter() {
    return new CdsHooksContextBooter();
  }

  /** Everybody may see everything: the server is a test's own. */
  @Bean
  ICdsHooksDaoAuthorizationSvc cdsHooksDaoAuthorizationSvc() {
    return resource -> {};
  }

  @Bean
  CdsHooksController cdsHooksController(ICdsServiceRegistry services) {
    return new CdsHooksController(services);
  }

  /**
   * Which class makes the cards: HAPI's own, or ours, which keeps the suggestions.
   *
   * <p>{@code cards.suggestions} says it for the server, {@code ?suggestions=} for one call, so that one server can show
   * both.
   */
  @Bean
  @Primary
  ICdsCrServiceRegistry makersOfCards(Environment settings) {
    boolean usually = settings.getProperty("cards.suggestions", Boolean.class, true);
    return new CdsCrServiceRegistry() {
      @Override
      public Optional<Class<? extends ICdsCrService>> find(FhirVersionEnum version) {
        return version == FhirVersionEnum.R4 && asked(usually)
            ? Optional.of(CardsWithSuggestions.class)
            : super.find(version);
      }
    };
  }

  private static boolean asked(boolean usually) {
    if (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes call) {
      String said = call.getRequest().getParameter("suggestions");
      return said == null ? usually : Boolean.parseBoolean(said);
    }
    return usually;
  }
}
