/** Images that infra/images/build-local.sh has made on this machine. */
import { getContainerRuntimeClient } from 'testcontainers';

const STAND_INS = { KAFKA_IMAGE: 'engine/kafka:3.9.1', CASSANDRA_IMAGE: 'engine/cassandra:5.0' };

/** The variables of compose.yaml that name them; without those that are not there. */
export async function imagesHere(): Promise<Record<string, string>> {
  const { container } = await getContainerRuntimeClient();
  const images = await container.dockerode.listImages();
  const tags = new Set(images.flatMap(({ RepoTags }) => RepoTags ?? []));
  return Object.fromEntries(Object.entries(STAND_INS).filter(([, image]) => tags.has(image)));
}
