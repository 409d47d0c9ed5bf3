// A console written with dcmjs-dimse: C-FIND, then N-CREATE and N-SET for the first answer.
// node dimse_client.js HOST PORT CALLING CALLED
// Prints one JSON object: the names found, and the status of each performed step message.
'use strict';

const { Client, Dataset, requests, log } = require('dcmjs-dimse');

log.level = 'silent';
const MPPS = '1.2.840.10008.3.1.2.3.3';
const [host, port, calling, called] = process.argv.slice(2);
const found = { names: [], statuses: {} };

function send(request, onResponse) {
  return new Promise((resolve, reject) => {
    const client = new Client();
    request.on('response', onResponse);
    client.addRequest(request);
    client.on('closed', resolve);
    client.on('networkError', reject);
    client.on('associationRejected', reject);
    client.send(host, Number(port), calling, called);
  });
}

async function worklist() {
  const entries = [];
  const request = requests.CFindRequest.createWorklistFindRequest({
    PatientName: '',
    PatientID: '',
    AccessionNumber: '',
    StudyInstanceUID: '',
    RequestedProcedureID: '',
    ScheduledProcedureStepSequence: [
      {
        ScheduledStationAETitle: calling,
        ScheduledProcedureStepStartDate: '',
        ScheduledProcedureStepStartTime: '',
        ScheduledProcedureStepID: '',
        Modality: 'CT',
      },
    ],
  });
  await send(request, (response) => {
    if (response.hasDataset()) {
      entries.push(response.getDataset().getElements());
    } else {
      found.statuses['C-FIND'] = response.getStatus();
    }
  });
  return entries;
}

function begun(entry) {
  const step = entry.ScheduledProcedureStepSequence[0];
  return new Dataset({
    ScheduledStepAttributesSequence: [
      {
        StudyInstanceUID: entry.StudyInstanceUID,
        AccessionNumber: entry.AccessionNumber,
        RequestedProcedureID: entry.RequestedProcedureID,
        ScheduledProcedureStepID: step.ScheduledProcedureStepID,
      },
    ],
    PatientName: entry.PatientName,
    PatientID: entry.PatientID,
    PerformedProcedureStepID: 'JS1',
    PerformedStationAETitle: calling,
    PerformedProcedureStepStartDate: '20261124',
    PerformedProcedureStepStartTime: '100500',
    PerformedProcedureStepStatus: 'IN PROGRESS',
    Modality: 'CT',
    PerformedSeriesSequence: [],
  });
}

const completed = new Dataset({
  PerformedProcedureStepStatus: 'COMPLETED',
  PerformedProcedureStepEndDate: '20261124',
  PerformedProcedureStepEndTime: '101500',
  PerformedSeriesSequence: [{ SeriesInstanceUID: '2.25.71', ProtocolName: 'Chest' }],
});

async function main() {
  const entries = await worklist();
  found.names = entries.map((entry) => String([].concat(entry.PatientName)[0].Alphabetic));
  const uid = '2.25.20261124';
  const create = new requests.NCreateRequest(MPPS, uid);
  create.setDataset(begun(entries[0]));
  await send(create, (response) => (found.statuses['N-CREATE'] = response.getStatus()));
  const set = new requests.NSetRequest(MPPS, uid);
  set.setDataset(completed);
  await send(set, (response) => (found.statuses['N-SET'] = response.getStatus()));
  console.log(JSON.stringify(found));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
