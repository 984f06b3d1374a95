package org.w3id.cervicaloptions.server;

import ca.uhn.fhir.repository.IRepository;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseCardJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseLinkJson;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseBundle;
import org.hl7.fhir.instance.model.api.IBaseReference;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.opencds.cqf.fhir.cr.hapi.cdshooks.CdsCrService;
import org.opencds.cqf.fhir.cr.hapi.cdshooks.CdsParametersEncoderService;
import org.opencds.cqf.fhir.cr.hapi.cdshooks.CdsResponseEncoderService;
import org.opencds.cqf.fhir.utility.BundleHelper;
import org.opencds.cqf.fhir.utility.adapter.IRequestActionAdapter;

/**
 * HAPI's cards, with the suggestions that HAPI computes and drops.
 *
 * <p>HAPI makes one of these for each call, by its class.
 */
@SuppressWarnings("UnstableApiUsage")
public class CardsWithSuggestions extends CdsCrService {

  public CardsWithSuggestions(RequestDetails request, IRepository repository) {
    super(request, repository, new Encoder(repository), new CdsParametersEncoderService(repository));
  }

  private static class Encoder extends CdsResponseEncoderService {

    Encoder(IRepository repository) {
      super(repository);
    }

    @Override
    protected CdsServiceResponseCardJson resolveAction(
        IRequestActionAdapter action, List<CdsServiceResponseLinkJson> links) {
      CdsServiceResponseCardJson card = super.resolveAction(action, links);
      if (action.hasSelectionBehavior()) { // CDS Hooks wants it on each card with suggestions
        action.getAction().forEach(each -> card.addSuggestion(resolveSuggestion(each)));
      }
      return card;
    }

    /** By its id alone where the reference has no type: so $r5.apply writes it for an action with an id. */
    @Override
    protected IBaseResource resolveResource(IBaseReference reference) {
      String target = reference.getReferenceElement().getValueAsString();
      if (target.contains("/") || !(getResponseAdapter().get() instanceof IBaseBundle bundle)) {
        return super.resolveResource(reference);
      }
      return BundleHelper.getEntryResources(bundle).stream()
          .filter(each -> target.equals(each.getIdElement().getIdPart()))
          .findFirst()
          .orElse(null);
    }
  }
}
