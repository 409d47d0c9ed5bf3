// Build and send messages with node-hl7-client and print what it makes of each answer, as JSON.
import Client, { Batch, HL7_2_5, Message } from "node-hl7-client";

const port = Number(process.argv[2]);

function header(type, event, id) {
  return new HL7_2_5().buildMSH({
    msh_3: "NODE", msh_4: "GENERAL", msh_5: "WORKLIST", msh_6: "RAD",
    msh_7: new Date(Date.UTC(2026, 10, 24, 8, 0, 0)),
    msh_9_1: type, msh_9_2: event, msh_10: id, msh_11_1: "P",
  });
}

function patient(builder) {
  return builder.buildPID({ pid_3: "4711^^^GENERAL^MR", pid_5: "ROE^JANE", pid_8: "F" });
}

const registration = patient(header("ADT", "A04", "N1").buildEVN({ evn_1: "A04" })).toMessage();
const order = patient(header("ORM", "O01", "N2"))
  .buildORC({ orc_1: "NW", orc_2: "P1^HIS" })
  .buildOBR({ obr_1: "1", obr_2: "P1^HIS", obr_4: "71250^CT CHEST^C4" })
  .toMessage();
const cancel = patient(header("ORM", "O01", "N3"))
  .buildORC({ orc_1: "CA", orc_2: "P1^HIS" })
  .toMessage();
const wrong = new Message({
  text: "MSH|^~\\&|NODE|GENERAL|WORKLIST|RAD|20261124080000||QRY^A19|N4|P|2.5",
});
const batch = new Batch();
batch.start();
batch.add(patient(header("ADT", "A08", "N5").buildEVN({ evn_1: "A08" })).toMessage());
batch.add(patient(header("ADT", "A08", "N6").buildEVN({ evn_1: "A08" })).toMessage());
batch.end();

const answers = [];
const client = new Client({ host: "127.0.0.1", version: "2.5" });
let waiting;
const connection = client.createConnection({ port }, async (answer) => {
  const message = answer.getMessage();
  const at = (path) => { try { return message.get(path).toString(); } catch { return ""; } };
  answers.push({ code: at("MSA.1"), id: at("MSA.2"), text: at("MSA.3"), error: at("ERR.3.1") });
  waiting();
});
for (const message of [registration, order, cancel, wrong, batch]) {
  const answered = new Promise((resolve) => { waiting = resolve; });
  await connection.sendMessage(message);
  await answered;
}
await connection.close();
console.log(JSON.stringify(answers));
process.exit(0);
