// kafkajs: argv = bootstrap, topic. Prints one JSON line with what it received.
import { createRequire } from 'node:module'
const require = createRequire(process.env.KAFKAJS_HOME + '/')
const { Kafka, logLevel } = require('kafkajs')

const [bootstrap, topic] = process.argv.slice(2)
const partitions = 4
const records = Array.from({ length: 400 }, (_, n) => ({ key: `key-${n}`, value: `value-${n}` }))
const kafka = new Kafka({ clientId: 'interop', brokers: [bootstrap], logLevel: logLevel.ERROR })
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

async function until(condition, what) {
  const deadline = Date.now() + 60000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen in time`)
    await sleep(50)
  }
}

const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })

const producer = kafka.producer({ idempotent: true })
await producer.connect()
await producer.send({ topic, messages: records })
await producer.disconnect()

const received = new Set()
const assignments = [0, 0]
async function member(index) {
  const consumer = kafka.consumer({ groupId: `group-${topic}`, sessionTimeout: 6000, heartbeatInterval: 500, rebalanceTimeout: 10000 })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assignments[index] = (payload.memberAssignment[topic] ?? []).length
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => { received.add(message.value.toString()) } })
  return consumer
}
const first = await member(0)
await until(() => assignments[0] === partitions, 'the first assignment')
const second = await member(1)
await until(() => assignments[0] === 2 && assignments[1] === 2, 'the rebalance')
await until(() => received.size === records.length, 'the delivery of every record')
await first.disconnect()
await second.disconnect()

const groups = (await admin.listGroups()).groups.map((group) => group.groupId)
await admin.deleteTopics({ topics: [topic] })
let left = true
for (let tries = 0; left && tries < 100; tries++) {
  left = (await admin.listTopics()).includes(topic)
  if (left) await sleep(100)
}
await admin.disconnect()
console.log(JSON.stringify({ received: received.size, groups, left }))
