import { doctor } from "wicketgate/doctor";

window.doctor = doctor;
