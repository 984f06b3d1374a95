package org.w3id.cervicaloptions.server;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.cache.IResourceChangeListener;
import ca.uhn.fhir.jpa.cache.IResourceChangeListenerRegistry;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.ValueSetOperationProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import org.opencds.cqf.fhir.cql.EvaluationSettings;
import org.opencds.cqf.fhir.cql.engine.retrieve.RetrieveSettings;
import org.opencds.cqf.fhir.cql.engine.terminology.TerminologySettings;
import org.opencds.cqf.fhir.cr.hapi.common.CodeCacheResourceChangeListener;
import org.opencds.cqf.fhir.cr.hapi.common.ElmCacheResourceChangeListener;
import org.opencds.cqf.fhir.utility.client.TerminologyServerClientSettings;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The FHIR endpoint, and how its clinical reasoning reads records and value sets. */
@Configuration
class Fhir {

  private static final long REFRESHED_EVERY_MS = 1000;

  @Bean
  RestfulServer restfulServer(
      FhirContext r4,
      ResourceProviderFactory resources,
      IJpaSystemProvider system,
      IFhirSystemDao<?, ?> systemDao,
      ValueSetOperationProvider valueSets,
      DatabaseBackedPagingProvider pages,
      JpaStorageSettings settings,
      ISearchParamRegistry searches,
      IValidationSupport definitions) {
    RestfulServer server = new RestfulServer(r4);
    server.registerProviders(resources.createProviders());
    server.registerProviders(system, valueSets);
    server.setServerConformanceProvider(
        new JpaCapabilityStatementProvider(server, systemDao, settings, searches, definitions));
    server.setPagingProvider(pages);
    server.setDefaultResponseEncoding(EncodingEnum.JSON);
    return server;
  }

  @Bean
  ServletRegistrationBean<RestfulServer> fhirServlet(RestfulServer server) {
    ServletRegistrationBean<RestfulServer> servlet = new ServletRegistrationBean<>(server, "/fhir/*");
    servlet.setLoadOnStartup(1);
    return servlet;
  }

  /** Value sets as they are enumerated, records by their search parameters: no terminology server is asked. */
  @Bean
  EvaluationSettings evaluationSettings() {
    TerminologySettings terms = new TerminologySettings();
    terms.setValuesetPreExpansionMode(TerminologySettings.VALUESET_PRE_EXPANSION_MODE.USE_IF_PRESENT);
    terms.setValuesetExpansionMode(TerminologySettings.VALUESET_EXPANSION_MODE.PERFORM_NAIVE_EXPANSION);
    terms.setValuesetMembershipMode(TerminologySettings.VALUESET_MEMBERSHIP_MODE.USE_EXPANSION);
    terms.setCodeLookupMode(TerminologySettings.CODE_LOOKUP_MODE.USE_CODESYSTEM_URL);
    RetrieveSettings retrieves = new RetrieveSettings();
    retrieves.setSearchParameterMode(RetrieveSettings.SEARCH_FILTER_MODE.USE_SEARCH_PARAMETERS);
    retrieves.setTerminologyParameterMode(RetrieveSettings.TERMINOLOGY_FILTER_MODE.FILTER_IN_MEMORY);
    return EvaluationSettings.getDefault().withTerminologySettings(terms).withRetrieveSettings(retrieves);
  }

  @Bean
  TerminologyServerClientSettings terminologyServerClientSettings() {
    return TerminologyServerClientSettings.getDefault();
  }

  /** A Library that is loaded again is translated again. */
  @Bean
  ElmCacheResourceChangeListener translatedLibraries(
      IResourceChangeListenerRegistry registry, PartitionSettings partitions, DaoRegistry daos, EvaluationSettings cql) {
    return listening(
        "Library", registry, partitions, new ElmCacheResourceChangeListener(daos, cql.getLibraryCache()));
  }

  /** A ValueSet that is loaded again is expanded again. */
  @Bean
  CodeCacheResourceChangeListener expandedValueSets(
      IResourceChangeListenerRegistry registry, PartitionSettings partitions, DaoRegistry daos, EvaluationSettings cql) {
    return listening(
        "ValueSet", registry, partitions, new CodeCacheResourceChangeListener(daos, cql.getValueSetCache()));
  }

  private static <T extends IResourceChangeListener> T listening(
      String type, IResourceChangeListenerRegistry registry, PartitionSettings partitions, T listener) {
    registry.registerResourceResourceChangeListener(
        type,
        RequestPartitionId.defaultPartition(partitions),
        SearchParameterMap.newSynchronous(),
        listener,
        REFRESHED_EVERY_MS);
    return listener;
  }
}
