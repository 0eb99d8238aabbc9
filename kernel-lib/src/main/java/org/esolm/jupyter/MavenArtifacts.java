package org.esolm.jupyter;

import eu.maveniverse.maven.mima.context.Context;
import eu.maveniverse.maven.mima.context.ContextOverrides;
import eu.maveniverse.maven.mima.context.Runtimes;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import org.eclipse.aether.RepositoryException;
import org.eclipse.aether.artifact.Artifact;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.collection.CollectRequest;
import org.eclipse.aether.graph.Dependency;
import org.eclipse.aether.resolution.ArtifactResult;
import org.eclipse.aether.resolution.DependencyRequest;
import org.eclipse.aether.util.artifact.JavaScopes;
import org.eclipse.aether.util.filter.DependencyFilterUtils;

/**
 * Finds artifacts as Maven itself would: in the local repository, else where the user's {@code
 * settings.xml} says (mirrors, proxies, credentials), Maven Central by default. Loaded by the first
 * use of {@code %maven} only.
 */
final class MavenArtifacts {
  private MavenArtifacts() {}

  /**
   * The jars of some artifacts and of all that they need to run.
   *
   * @param coordinates {@code group:artifact[:extension[:classifier]]:version} each
   * @throws CellException if one is malformed or cannot be found; says which
   */
  static List<Path> resolve(List<String> coordinates) throws CellException {
    Path home = Path.of(System.getProperty("user.home"), ".m2");
    ContextOverrides overrides =
        ContextOverrides.create().withUserSettings(true).withMavenUserHomeOverride(home).build();
    try (Context maven = Runtimes.INSTANCE.getRuntime().create(overrides)) {
      CollectRequest collect = new CollectRequest();
      collect.setDependencies(coordinates.stream().map(MavenArtifacts::dependency).toList());
      collect.setRepositories(maven.remoteRepositories());
      var filter = DependencyFilterUtils.classpathFilter(JavaScopes.RUNTIME);
      DependencyRequest request = new DependencyRequest(collect, filter);
      return maven
          .repositorySystem()
          .resolveDependencies(maven.repositorySystemSession(), request)
          .getArtifactResults()
          .stream()
          .map(ArtifactResult::getArtifact)
          .map(Artifact::getFile)
          .map(File::toPath)
          .toList();
    } catch (RepositoryException | IllegalArgumentException e) {
      throw CellException.of("%maven: " + e.getMessage());
    }
  }

  private static Dependency dependency(String coordinate) {
    return new Dependency(new DefaultArtifact(coordinate), JavaScopes.RUNTIME);
  }
}
