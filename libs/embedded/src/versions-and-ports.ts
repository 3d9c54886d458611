/** One table for the embedded servers, docker-compose.yml and the documents; a spec holds them together. */
export const versions = Object.freeze({ kafka: '4.3.1', postgres: '18', javaMin: 17 });
export const ports = Object.freeze({
  kafka: 19_092,
  kafkaController: 19_093,
  postgres: 15_432,
  http: 18_080,
});
