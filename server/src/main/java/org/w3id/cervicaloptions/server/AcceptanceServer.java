package org.w3id.cervicaloptions.server;

import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.hapi.fhir.cdshooks.config.CdsHooksConfig;
import java.io.IOException;
import org.opencds.cqf.fhir.cr.hapi.config.CrCdsHooksConfig;
import org.opencds.cqf.fhir.cr.hapi.config.RepositoryConfig;
import org.opencds.cqf.fhir.cr.hapi.config.r4.ApplyOperationConfig;
import org.opencds.cqf.fhir.cr.hapi.config.r4.EvaluateOperationConfig;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.http.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.DispatcherServletAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.WebMvcAutoConfiguration;
import org.springframework.boot.context.ApplicationPidFileWriter;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.web.context.WebServerPortFileWriter;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * A FHIR R4 server with clinical reasoning and CDS Hooks, for tests: all data in memory, on 127.0.0.1 alone.
 *
 * <p>FHIR is at {@code /fhir}, CDS Hooks at {@code /cds-services}. What is HAPI's is imported; {@link Storage}, {@link
 * Fhir} and {@link Cards} add what HAPI leaves to whoever builds a server of it.
 *
 * <p>With {@code --stop-with-stdin=true} it ends when its standard input does, so it can't outlive who started it.
 */
@Configuration(proxyBeanMethods = false)
@Import({
  JpaR4Config.class,
  HapiJpaConfig.class,
  JpaBatch2Config.class,
  Batch2JobsConfig.class,
  ThreadPoolFactoryConfig.class,
  SubscriptionChannelConfig.class, // without a broker for subscriptions HAPI does not start
  SubscriptionSubmitterConfig.class,
  Storage.class,
  Fhir.class,
  RepositoryConfig.class,
  ApplyOperationConfig.class,
  EvaluateOperationConfig.class,
  CdsHooksConfig.class,
  CrCdsHooksConfig.class,
  Cards.class,
  Errors.class
})
@ImportAutoConfiguration({
  ServletWebServerFactoryAutoConfiguration.class,
  DispatcherServletAutoConfiguration.class,
  WebMvcAutoConfiguration.class,
  HttpMessageConvertersAutoConfiguration.class
})
public class AcceptanceServer {

  /** Starts the server; it runs until it is stopped. */
  public static void main(String[] arguments) {
    SpringApplication application = new SpringApplication(AcceptanceServer.class);
    application.addListeners(new WebServerPortFileWriter(), new ApplicationPidFileWriter());
    application.addListeners( // before anything else is started: a start takes long enough to be abandoned
        (ApplicationListener<ApplicationEnvironmentPreparedEvent>)
            prepared -> {
              if (prepared.getEnvironment().getProperty("stop-with-stdin", Boolean.class, false)) {
                stopWithStdin();
              }
            });
    application.run(arguments);
  }

  private static void stopWithStdin() {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  continue;
                }
              } catch (IOException closed) {
                // as good as its end
              }
              System.exit(0);
            },
            "stop-with-stdin");
    thread.setDaemon(true);
    thread.start();
  }
}
